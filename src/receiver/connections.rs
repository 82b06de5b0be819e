//! The open connections, and which of them are given up.
//!
//! actix gives a time to the first head of a connection and to the pause
//! between two requests, but none to the head of a later request, nor to the
//! rest of a chunked body that nobody reads any more. Whatever a connection is
//! doing while no request of it is being answered, it does not do for long here.

use std::any::Any;
use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::Extensions;
use tracing::debug;

/// All open connections of a server.
#[derive(Clone, Default)]
pub(super) struct Connections {
    all: Arc<Mutex<All>>,
}

#[derive(Default)]
struct All {
    last: u64,
    open: BTreeMap<u64, Open>,
}

struct Open {
    /// A second handle: closing the connection wakes its owner.
    stream: TcpStream,
    /// Since when no request is being answered; `None` while one is.
    idle_since: Option<Instant>,
}

/// One connection; its own data, dropped with it.
#[derive(Clone)]
struct Place(Arc<Leaving>);

struct Leaving {
    number: u64,
    all: Connections,
}

/// A request is being answered as long as this lives.
pub(super) struct Busy {
    place: Place,
}

impl Connections {
    /// Takes note of every new connection. When more than `good` are open, the
    /// one that has been idle for longest makes room.
    pub(super) fn watch(
        &self,
        good: usize,
    ) -> impl Fn(&dyn Any, &mut Extensions) + Send + Clone + 'static {
        let connections = self.clone();
        move |connection, own| {
            let stream = connection.downcast_ref::<actix_web::rt::net::TcpStream>();
            let second = stream.and_then(|stream| stream.as_fd().try_clone_to_owned().ok());
            if let Some(second) = second {
                own.insert(connections.enter(second.into(), Instant::now()));
            }
            connections.make_room(good);
        }
    }

    /// Closes the connections that have been idle for `patience` at `now`.
    pub(super) fn sweep(&self, now: Instant, patience: Duration) {
        for open in self.lock().open.values() {
            let idle = open
                .idle_since
                .map(|since| now.saturating_duration_since(since));
            if idle.is_some_and(|idle| idle >= patience) {
                open.close("an idle connection is closed");
            }
        }
    }

    fn enter(&self, stream: TcpStream, now: Instant) -> Place {
        let mut all = self.lock();
        all.last += 1;
        let number = all.last;
        let open = Open {
            stream,
            idle_since: Some(now),
        };
        all.open.insert(number, open);
        Place(Arc::new(Leaving {
            number,
            all: self.clone(),
        }))
    }

    fn make_room(&self, good: usize) {
        let mut all = self.lock();
        if all.open.len() <= good {
            return;
        }
        let longest = all
            .open
            .iter()
            .filter_map(|(number, open)| Some((open.idle_since?, *number)))
            .min();
        if let Some(open) = longest.and_then(|(_, number)| all.open.remove(&number)) {
            open.close("many connections, an idle one makes room");
        }
    }

    fn set_idle(&self, number: u64, since: Option<Instant>) {
        if let Some(open) = self.lock().open.get_mut(&number) {
            open.idle_since = since;
        }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn close(&self, why: &str) {
        let peer = self.stream.peer_addr().map(|peer| peer.to_string());
        debug!(peer = peer.unwrap_or_default(), "{why}");
        // A connection that the other end has closed needs no closing.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

impl Busy {
    /// Of the connection with this data of its own; none in a test without one.
    pub(super) fn on(request: &actix_web::HttpRequest) -> Option<Self> {
        let place = request.conn_data::<Place>()?.clone();
        place.0.all.set_idle(place.0.number, None);
        Some(Self { place })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let Leaving { number, all } = &*self.place.0;
        all.set_idle(*number, Some(Instant::now()));
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.all.lock().open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
