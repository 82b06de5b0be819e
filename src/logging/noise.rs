//! What is said again and again and means nothing.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Drops fred's complaint that it may not call `INFO`: NS8's ACL refuses that
/// to `default` and to modules, at every single connect, and nothing needs it.
/// And its word on each connection that was lost: whoever used it says so, and
/// what that means.
pub(super) struct Noise;

impl<S: Subscriber> Layer<S> for Noise {
    fn event_enabled(&self, event: &Event<'_>, _ctx: Context<'_, S>) -> bool {
        if event.metadata().target() != "log" {
            return true;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        let has = |words| message.0.contains(words);
        let info = has("Failed to read server version") && has("NOPERM");
        !(info || has("Broadcasting error"))
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
