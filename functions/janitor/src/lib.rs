//! Cleans up on a schedule. No request waits for it, and it may stop at any time.

use shared::{domain::Error, service::Services};

/// The maximum number of portions that are removed per run. The next run continues.
const PORTIONS: usize = 100;

/// Ends turns whose process died, wakes deliveries and files that are stuck, and removes the data of deleted
/// conversations, files and accounts.
///
/// # Errors
/// If the database does not respond. The next run tries again.
pub async fn tidy(services: Services) -> Result<(), Error> {
    services.recovery.end_abandoned().await?;
    services.deliveries.wake_forgotten().await?;
    services.indexing.wake_forgotten().await?;
    for _ in 0..PORTIONS {
        if services.sweeper.sweep().await? {
            break;
        }
    }
    Ok(())
}
