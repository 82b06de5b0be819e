//! How many connections are open.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::dev::Extensions;

/// The number of open connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections(Arc<AtomicUsize>);

/// Lives as long as its connection.
struct Open(Arc<AtomicUsize>);

impl Connections {
    pub(super) fn open(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts a connection until its own data is dropped.
    pub(super) fn count(&self) -> impl Fn(&dyn Any, &mut Extensions) + Send + Clone + 'static {
        let number = Arc::clone(&self.0);
        move |_, own| {
            number.fetch_add(1, Ordering::Relaxed);
            own.insert(Open(Arc::clone(&number)));
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
