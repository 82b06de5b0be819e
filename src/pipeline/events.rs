//! What happens in the cluster, as far as it wakes us.

use async_trait::async_trait;

/// Why to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Something may be other than it was at the last look.
    Changed,
    /// The smarthost is another one.
    Smarthost,
}

/// Where events come from. Events only say that it is time to look; what is,
/// is read.
#[async_trait]
pub trait Events: Send {
    /// Waits for the next one. May be dropped while it waits.
    async fn next(&mut self) -> Wake;
}

/// A cluster in which nothing is ever told.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEvents;

#[async_trait]
impl Events for NoEvents {
    async fn next(&mut self) -> Wake {
        std::future::pending().await
    }
}
