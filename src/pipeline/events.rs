//! What happens in the cluster, as far as it wakes us.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use super::parts::Parts;
use crate::cluster::{ClusterEvent, EventStream};
use crate::config::Redis;

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

/// The events of the cluster that the configuration in force names. Dropping it
/// ends the subscription.
pub struct ClusterEvents {
    parts: watch::Receiver<Arc<Parts>>,
    subscription: Option<Subscription>,
}

struct Subscription {
    redis: Redis,
    stream: EventStream,
}

impl ClusterEvents {
    /// Subscribes now, and elsewhere when `parts` are replaced by others that
    /// say so. Needs a tokio runtime.
    pub fn of(parts: watch::Receiver<Arc<Parts>>) -> Self {
        let mut events = Self {
            parts,
            subscription: None,
        };
        events.follow();
        events
    }

    /// Subscribes where the parts in force say, unless that is so already.
    fn follow(&mut self) {
        let wanted = self.parts.borrow_and_update().events_at.clone();
        let before = self.subscription.as_ref().map(|open| &open.redis);
        if before != wanted.as_ref() {
            self.subscription = wanted.map(|redis| Subscription {
                stream: EventStream::open(&redis),
                redis,
            });
        }
    }
}

#[async_trait]
impl Events for ClusterEvents {
    async fn next(&mut self) -> Wake {
        loop {
            self.follow();
            let published = async {
                match &mut self.subscription {
                    Some(open) => open.stream.next().await,
                    None => std::future::pending().await,
                }
            };
            let event = tokio::select! {
                event = published => event,
                replaced = self.parts.changed() => match replaced {
                    Ok(()) => continue,
                    // The service is ending.
                    Err(_) => std::future::pending().await,
                },
            };
            match event {
                ClusterEvent::Changed => return Wake::Changed,
                ClusterEvent::Leader => {
                    self.parts.borrow().reader.doubt_leader();
                    return Wake::Changed;
                }
                ClusterEvent::Smarthost => return Wake::Smarthost,
            }
        }
    }
}
