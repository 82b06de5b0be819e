//! What is said again and again and means nothing.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Drops fred's complaint that it may not call `INFO`: NS8's ACL refuses that
/// to `default` and to modules, at every single connect, and nothing needs it.
pub(super) struct Noise;

impl<S: Subscriber> Layer<S> for Noise {
    fn event_enabled(&self, event: &Event<'_>, _ctx: Context<'_, S>) -> bool {
        if event.metadata().target() != "log" {
            return true;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        !(message.0.contains("Failed to read server version") && message.0.contains("NOPERM"))
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
