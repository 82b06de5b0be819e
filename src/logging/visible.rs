//! Control characters made visible before any output sees them.
//!
//! The last line of defence against log forging: whoever logs outside text
//! should have made it harmless already.

use std::fmt;

use tracing::field::{Field, FieldSet, Value, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::model::sanitize;

/// Gives the inner layer every event and span with harmless texts.
pub(super) struct Visible<L>(pub L);

impl<S, L> Layer<S> for Visible<L>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    L: Layer<S>,
{
    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let metadata = event.metadata();
        let fields = metadata.fields();
        let values = Values::of(fields, |visit| event.record(visit));
        let values = values.as_dyn();
        let values = fields.value_set_all(&values);
        let clean = if event.is_contextual() {
            Event::new(metadata, &values)
        } else {
            Event::new_child_of(event.parent().cloned(), metadata, &values)
        };
        self.0.on_event(&clean, ctx);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let metadata = attributes.metadata();
        let fields = metadata.fields();
        let values = Values::of(fields, |visit| attributes.record(visit));
        let values = values.as_dyn();
        let values = fields.value_set_all(&values);
        self.0
            .on_new_span(&Attributes::new(metadata, &values), id, ctx);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, ctx: Context<'_, S>) {
        let Some(metadata) = ctx.metadata(id) else {
            return;
        };
        let fields = metadata.fields();
        let values = Values::of(fields, |visit| record.record(visit));
        let values = values.as_dyn();
        let values = fields.value_set_all(&values);
        self.0.on_record(id, &Record::new(&values), ctx);
    }
}

/// The values of a callsite's fields, in its order, with harmless texts.
pub(super) struct Values(Vec<Option<Box<dyn Value + Send>>>);

impl Values {
    pub(super) fn of(fields: &FieldSet, record: impl FnOnce(&mut dyn Visit)) -> Self {
        let mut values = Self((0..fields.len()).map(|_| None).collect());
        record(&mut values);
        values
    }

    pub(super) fn as_dyn(&self) -> Vec<Option<&dyn Value>> {
        let values = self.0.iter().map(Option::as_deref);
        values.map(|value| value.map(|value| value as _)).collect()
    }

    fn put(&mut self, field: &Field, value: impl Value + Send + 'static) {
        if let Some(slot) = self.0.get_mut(field.index()) {
            *slot = Some(Box::new(value));
        }
    }
}

impl Visit for Values {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, sanitize(&format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, sanitize(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// What an output such as journald's gets to see, without any quoting.
    #[derive(Clone, Default)]
    struct Raw(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Raw {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            event.record(&mut self.clone());
        }

        fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
            attributes.record(&mut self.clone());
        }

        fn on_record(&self, _: &Id, record: &Record<'_>, _: Context<'_, S>) {
            record.record(&mut self.clone());
        }
    }

    impl Visit for Raw {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            let mut seen = self.0.lock().unwrap();
            seen.push(format!("{}={value:?}", field.name()));
        }

        fn record_str(&mut self, field: &Field, value: &str) {
            self.record_debug(field, &format_args!("{value}"));
        }
    }

    #[test]
    fn an_output_gets_every_value_in_its_type_and_every_text_harmless() {
        let raw = Raw::default();
        let subscriber = tracing_subscriber::registry().with(Visible(raw.clone()));
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("s", a = "1\n", late = tracing::field::Empty);
            span.record("late", "2\r");
            tracing::info!(
                text = "3\u{1b}",
                display = %"4\n",
                number = -5,
                big = u64::MAX,
                yes = true,
                half = 0.5,
                "6{}",
                "\n"
            );
        });
        let mut seen = raw.0.lock().unwrap().clone();
        seen.sort();
        assert_eq!(
            seen,
            [
                "a=1␊",
                "big=18446744073709551615",
                "display=4␊",
                "half=0.5",
                "late=2␍",
                "message=6␊",
                "number=-5",
                "text=3␛",
                "yes=true",
            ]
        );
    }
}
