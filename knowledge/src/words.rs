//! The words of a text, in the forms by which they can be found.

use crate::fold::fold;

/// Words are cut after this many bytes.
pub const LONGEST: usize = 64;

/// A word. Words that punctuation joins, such as `ISO-9001`, are one word with several parts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Word {
    /// With its punctuation: `iso-9001`, `3.2.1`, `foo_bar`, `--option`. A number also without its grouping: `1234.5`.
    pub joined: Vec<String>,
    /// Parts with hyphens between, written together: `email` for `e-mail`, `inventory` for a word that is divided at the
    /// end of a line.
    pub together: Option<String>,
    /// Letters and digits. Single digits of a longer number are left out.
    pub parts: Vec<String>,
}

/// Calls `found` for each word of `text`.
pub fn words(text: &str, mut found: impl FnMut(Word)) {
    let characters: Vec<char> = fold(text).chars().collect();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        if is_unspaced(character) {
            let end = end_of(&characters, at, is_unspaced);
            pairs(characters.get(at..end).unwrap_or_default(), &mut found);
            at = end;
        } else if is_part(character) {
            let mut run = Run { characters: &characters, start: at, end: at, spans: Vec::new(), joints: Vec::new() };
            run.extend();
            at = run.after();
            found(run.word());
        } else {
            at += 1;
        }
    }
}

/// Scripts without spaces between words: pairs of characters take the place of words.
fn pairs(run: &[char], found: &mut impl FnMut(Word)) {
    let mut add = |part: &[char]| found(Word { parts: vec![part.iter().collect()], ..Word::default() });
    if run.len() == 1 {
        add(run);
    }
    run.windows(2).for_each(add);
}

/// Chinese, Japanese, Thai, Lao, Burmese and Khmer.
fn is_unspaced(character: char) -> bool {
    matches!(character,
        '\u{e00}'..='\u{e4f}' | '\u{e80}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17d3}'
        | '\u{3005}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30fe}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() && !is_unspaced(character)
}

fn end_of(characters: &[char], from: usize, inside: impl Fn(char) -> bool) -> usize {
    let run = characters.get(from..).unwrap_or_default();
    from + run.iter().position(|&character| !inside(character)).unwrap_or(run.len())
}

/// Letters and digits from `start` to `end`, with single punctuation marks between.
struct Run<'a> {
    characters: &'a [char],
    start: usize,
    end: usize,
    spans: Vec<(usize, usize)>,
    joints: Vec<Joint>,
}

/// What is between two parts.
#[derive(Clone, Copy, PartialEq)]
enum Joint {
    Mark(char),
    /// A hyphen at the end of a line.
    Divided,
}

impl Run<'_> {
    fn get(&self, at: usize) -> Option<char> {
        self.characters.get(at).copied()
    }

    /// Takes parts until one is followed by something that does not join.
    fn extend(&mut self) {
        loop {
            let end = end_of(self.characters, self.end, is_part);
            self.spans.push((self.end, end));
            self.end = end;
            let Some((joint, next)) = self.joint() else { return };
            self.joints.push(joint);
            self.end = next;
        }
    }

    /// What joins the part that ends here with the next one, and where that begins.
    fn joint(&self) -> Option<(Joint, usize)> {
        let before = self.get(self.end.checked_sub(1)?)?;
        let mark = self.get(self.end)?;
        let after = self.get(self.end + 1)?;
        if mark == '-' && after.is_whitespace() && before.is_alphabetic() {
            let mut next = self.end + 1;
            let mut lines = 0;
            while let Some(space) = self.get(next).filter(|character| character.is_whitespace()) {
                lines += usize::from(space == '\n');
                next += 1;
            }
            let continues = self.get(next).is_some_and(|character| character.is_alphabetic() && is_part(character));
            return (lines == 1 && continues).then_some((Joint::Divided, next));
        }
        let digits = before.is_numeric() && after.is_numeric();
        let joins = match mark {
            '.' | '-' | '_' | '@' | '&' => true,
            ',' | ':' | '/' | '–' => digits,
            _ => false,
        };
        (joins && is_part(after)).then_some((Joint::Mark(if mark == '–' { '-' } else { mark }), self.end + 1))
    }

    /// Where the search for the next word goes on: after endings with an apostrophe, such as those of `company's`,
    /// `don't`, `auto's`.
    fn after(&self) -> usize {
        if self.get(self.end) != Some('\'') {
            return self.end;
        }
        let end = end_of(self.characters, self.end + 1, is_part);
        let ending: String = self.characters.get(self.end + 1..end).unwrap_or_default().iter().collect();
        let dropped = matches!(ending.as_str(), "s" | "t" | "d" | "m" | "ll" | "re" | "ve" | "n" | "tje" | "tjes");
        if dropped { end } else { self.end }
    }

    fn word(&self) -> Word {
        let mut parts: Vec<String> = self.spans.iter().filter_map(|&(from, to)| self.text(from, to)).collect();
        let mut joined = String::new();
        for (n, part) in parts.iter().enumerate() {
            match n.checked_sub(1).and_then(|joint| self.joints.get(joint)) {
                Some(Joint::Mark(mark)) => joined.push(*mark),
                Some(Joint::Divided) => joined.push('-'),
                None => {}
            }
            joined.push_str(part);
        }
        let letters = parts.iter().any(|part| part.chars().any(char::is_alphabetic));
        let hyphens = self.joints.iter().all(|joint| matches!(joint, Joint::Divided | Joint::Mark('-')));
        let together = (parts.len() > 1 && letters && hyphens).then(|| cut(parts.concat()));
        let mut forms = Vec::new();
        if let Some(symbol) = self.symbol() {
            forms.push(cut(format!("{joined}{symbol}")));
        }
        if let Some(option) = self.option(&joined) {
            forms.push(option);
        }
        if parts.len() > 1 {
            forms.extend(self.plain_number(&parts).filter(|plain| *plain != joined));
            forms.push(cut(joined));
            let number = !parts.iter().any(|part| part.chars().any(char::is_alphabetic));
            parts.retain(|part| !number || part.len() > 1);
        }
        Word { joined: forms, together, parts }
    }

    fn text(&self, from: usize, to: usize) -> Option<String> {
        Some(cut(self.characters.get(from..to)?.iter().take(LONGEST).collect()))
    }

    /// `C++`, `C#`.
    fn symbol(&self) -> Option<&'static str> {
        let short = self.end - self.start <= 2 && self.get(self.start)?.is_alphabetic();
        let symbol = match (self.get(self.end)?, self.get(self.end + 1)) {
            ('+', Some('+')) => "++",
            ('#', _) => "#",
            _ => return None,
        };
        let ends = !self.get(self.end + symbol.len()).is_some_and(is_part);
        (short && ends).then_some(symbol)
    }

    /// `--option` or `-o`, after whitespace or an opening mark.
    fn option(&self, joined: &str) -> Option<String> {
        let dashes =
            (1..=3).take_while(|n| self.start.checked_sub(*n).and_then(|at| self.get(at)) == Some('-')).count();
        let before = self.start.checked_sub(dashes + 1).and_then(|at| self.get(at));
        let opens = before.is_none_or(|character| character.is_whitespace() || "([{`'\"=|/,".contains(character));
        let is_option = matches!(dashes, 1 | 2) && opens && self.get(self.start)?.is_alphabetic();
        is_option.then(|| cut(format!("{}{joined}", "-".repeat(dashes))))
    }

    /// `1,234.5` and `1.234,5` as `1234.5`, so that both ways to write a number meet.
    fn plain_number(&self, parts: &[String]) -> Option<String> {
        let marks: Vec<char> = self
            .joints
            .iter()
            .filter_map(|joint| if let Joint::Mark(mark) = joint { Some(*mark) } else { None })
            .collect();
        let digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if !digits || !marks.iter().all(|mark| matches!(mark, '.' | ',')) {
            return None;
        }
        let (first, last) = (marks.first()?, marks.last()?);
        let grouped = |part: &String| part.len() == 3;
        let whole = if first == last {
            let all = parts.iter().skip(1).all(grouped);
            if !all && parts.len() > 2 {
                return None;
            }
            if all { parts.len() } else { 1 }
        } else {
            marks.iter().take_while(|mark| *mark == first).count() + 1
        };
        let head = parts.get(..whole)?;
        let fits = parts.first()?.len() <= 3 || whole == 1;
        let tail = parts.get(whole..)?;
        if !fits || !head.iter().skip(1).all(grouped) || tail.len() > 1 {
            return None;
        }
        let number = head.concat();
        Some(cut(tail.first().map_or_else(|| number.clone(), |tail| format!("{number}.{tail}"))))
    }
}

fn cut(mut word: String) -> String {
    word.truncate(word.floor_char_boundary(LONGEST));
    word
}
