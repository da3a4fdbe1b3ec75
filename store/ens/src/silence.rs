//! The one way in which either side of a connection notices that the other is gone: silence, a question, silence again.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use crate::wire::WireError;

/// Whoever says nothing for so long is asked whether it is still there, and after twice as long it is given up.
pub(crate) const QUIET: Duration = Duration::from_secs(30);

/// What `next` reads, however long that takes as long as the other side answers; `ask` is called to ask it. `gone` says what became of one
/// that does not.
pub(crate) async fn heard<T>(
    next: impl Future<Output = Result<T, WireError>>,
    ask: impl FnOnce(),
    gone: &'static str,
) -> Result<T, WireError> {
    let mut next = pin!(next);
    if let Ok(heard) = timeout(QUIET, &mut next).await {
        return heard;
    }
    ask();
    timeout(QUIET, next).await.unwrap_or(Err(WireError::Syntax(gone)))
}
