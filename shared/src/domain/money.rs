//! The tokens that users spend, and the prices of turns. All amounts are whole tokens.

use super::conversation::Usage;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An amount of spendable tokens.
pub type Tokens = u64;

/// The maximum of a grant, gift, price or refill. It keeps sums far from overflow.
pub const TOKENS_MAX: Tokens = 1_000_000_000;

/// The operator's settings.
#[derive(Debug, Clone, Copy)]
pub struct Prices {
    /// The tokens of a new account.
    pub initial: Tokens,
    /// The price of an answered turn. 0 disables metering.
    pub per_turn: Tokens,
    /// The price of what an answered turn uses, in place of `per_turn`.
    pub by_use: Option<UsePrices>,
    /// The regular refill, if there is one.
    pub refill: Option<Refill>,
}

/// Prices of 1,000 of a model's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsePrices {
    /// Of the prompt.
    pub per_1k_input: Tokens,
    /// Of the answer.
    pub per_1k_output: Tokens,
}

/// What a turn may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// The tokens to hold. The turn costs no more.
    pub hold: Tokens,
    /// How many of the model's tokens the answer may have, if the balance does not cover the longest one.
    pub output_max: Option<u64>,
}

/// The shortest answer that is worth asking for, in the model's tokens.
const OUTPUT_MIN: u64 = 16;

impl Prices {
    /// What a turn may cost whose prompt has at most `input` of the model's tokens and whose answer at most `output`.
    /// `None` if the `available` tokens do not cover it, or not even a short answer.
    pub fn quote(&self, (input, output): (u64, u64), available: Tokens) -> Option<Quote> {
        let Some(prices) = self.by_use else {
            return (self.per_turn <= available).then_some(Quote { hold: self.per_turn, output_max: None });
        };
        let worst = prices.price(Usage { input_tokens: input, output_tokens: output });
        if worst <= available {
            return Some(Quote { hold: worst, output_max: None });
        }
        let left = available.saturating_mul(1_000).checked_sub(input.saturating_mul(prices.per_1k_input))?;
        let output_max = left.checked_div(prices.per_1k_output)?;
        let hold = prices.price(Usage { input_tokens: input, output_tokens: output_max });
        (output_max >= OUTPUT_MIN.min(output)).then_some(Quote { hold, output_max: Some(output_max) })
    }

    /// The price of an answered turn that used `usage`, for which `held` tokens are on hold.
    pub fn charge(&self, usage: Usage, held: Tokens) -> Tokens {
        self.by_use.map_or(held, |prices| prices.price(usage).min(held))
    }
}

impl UsePrices {
    /// The price, rounded up, and at least one token.
    fn price(self, Usage { input_tokens, output_tokens }: Usage) -> Tokens {
        let input = input_tokens.saturating_mul(self.per_1k_input);
        let output = output_tokens.saturating_mul(self.per_1k_output);
        input.saturating_add(output).div_ceil(1_000).max(1)
    }
}

/// Tokens that every user gets at regular intervals.
#[derive(Debug, Clone, Copy)]
pub struct Refill {
    /// The tokens at the end of each period.
    pub tokens: Tokens,
    /// The period. The first one begins with the user's registration.
    pub every: Duration,
}

/// Why a balance changed. The ledger keeps each entry unchanged as long as the account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// The tokens of a new account.
    Grant,
    /// Tokens from an administrator.
    Gift,
    /// The refill at the end of one or more periods.
    Refill,
    /// The price of an answered turn.
    Charge,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_use(per_1k_input: Tokens, per_1k_output: Tokens) -> Prices {
        let by_use = Some(UsePrices { per_1k_input, per_1k_output });
        Prices { initial: 0, per_turn: 100, by_use, refill: None }
    }

    #[test]
    fn a_flat_price_depends_on_nothing() {
        let prices = Prices { by_use: None, ..by_use(0, 0) };
        assert_eq!(prices.quote((5, 9), 99), None);
        assert_eq!(prices.quote((u64::MAX, u64::MAX), 100), Some(Quote { hold: 100, output_max: None }));
        assert_eq!(prices.charge(Usage { input_tokens: 1, output_tokens: u64::MAX }, 100), 100);
    }

    #[test]
    fn the_worst_case_is_held_as_far_as_the_balance_covers_it() {
        // 1,000 tokens of the prompt cost 10, an answer of 2,000 costs 60.
        let quote = |available| by_use(10, 30).quote((1_000, 2_000), available);
        assert_eq!(quote(4_000), Some(Quote { hold: 70, output_max: None }));
        assert_eq!(quote(70), Some(Quote { hold: 70, output_max: None }));
        assert_eq!(quote(69), Some(Quote { hold: 69, output_max: Some(1_966) }));
        assert_eq!(quote(11), Some(Quote { hold: 11, output_max: Some(33) }));
        assert_eq!(quote(10), None, "a prompt without an answer");
        assert_eq!(quote(0), None);
    }

    #[test]
    fn an_answer_that_costs_nothing_has_no_limit_of_price() {
        assert_eq!(by_use(10, 0).quote((1_000, 2_000), 10), Some(Quote { hold: 10, output_max: None }));
        assert_eq!(by_use(10, 0).quote((1_000, 2_000), 9), None);
    }

    #[test]
    fn a_charge_is_rounded_up_and_within_the_hold() {
        let charge = |input_tokens, output_tokens| by_use(10, 30).charge(Usage { input_tokens, output_tokens }, 70);
        assert_eq!(charge(0, 0), 1);
        assert_eq!(charge(1, 0), 1);
        assert_eq!(charge(100, 0), 1);
        assert_eq!(charge(100, 1), 2);
        assert_eq!(charge(1_000, 2_000), 70);
        assert_eq!(charge(1_000, 2_001), 70);
        assert_eq!(charge(u64::MAX, u64::MAX), 70);
    }
}
