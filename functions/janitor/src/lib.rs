//! Tidying up, now and then. No request waits for it, and it may be stopped at any time.

use shared::{domain::Error, service::Services};

/// The most portions of one run: the next run goes on.
const PORTIONS: usize = 100;

/// Removes what deleted conversations and accounts left, and has somebody look after deliveries that got stuck.
///
/// # Errors
/// When the database does not answer; the next run tries again.
pub async fn tidy(services: Services) -> Result<(), Error> {
    services.deliveries.wake_forgotten().await?;
    for _ in 0..PORTIONS {
        if services.sweeper.sweep().await? {
            break;
        }
    }
    Ok(())
}
