//! The program's own metrics, as text for Prometheus.
//!
//! Pure: a function of [`Facts`]. Nothing is counted or asked here, so that
//! whoever serves the text spends no time on it; docs/METRICS.md says what each
//! metric means. prometheus-client is used here and nowhere else. May import
//! `model` only.

mod modules;
mod own;
mod plans;
mod reasons;
mod repositories;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use crate::model::Facts;

/// Before the name of every metric.
const PREFIX: &str = "backup_monitor";

/// The library could not write the metrics: a fault of this program.
#[derive(Debug, thiserror::Error)]
#[error("the metrics cannot be written")]
pub struct ExporterError(#[from] fmt::Error);

/// All metrics in the text format of `OpenMetrics` 1.0. Takes the facts, since
/// the library keeps what it collects from.
pub fn render(facts: Facts) -> Result<String, ExporterError> {
    // About what one module's and one plan's lines take, so that the text is
    // not copied again and again while it grows.
    let size = 4096 + 512 * facts.modules.len() + 1024 * facts.overview.plans.len();
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(Sheet(facts)));
    let mut text = String::with_capacity(size);
    encode(&mut text, &registry)?;
    Ok(text)
}

/// The facts as the library asks for them.
#[derive(Debug)]
struct Sheet(Facts);

impl Collector for Sheet {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut writer = Writer(encoder);
        own::write(&self.0, &mut writer)?;
        plans::write(&self.0, &mut writer)?;
        modules::write(&self.0.modules, &mut writer)?;
        repositories::write(&self.0.repositories, &mut writer)
    }
}

/// Writes one family of series after the other.
struct Writer<'a>(DescriptorEncoder<'a>);

impl Writer<'_> {
    /// A gauge that is the only one of its family.
    fn gauge(
        &mut self,
        name: &str,
        help: &str,
        value: impl EncodeGaugeValue + Copy,
    ) -> fmt::Result {
        self.0
            .encode_descriptor(name, help, None, MetricType::Gauge)?
            .encode_gauge(&value)
    }

    /// Gauges of plain numbers.
    fn gauges<L: EncodeLabelSet, V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        self.gauges_in(None, name, help, series)
    }

    /// Gauges in a unit, which becomes the end of their name.
    fn gauges_in<L: EncodeLabelSet, V: EncodeGaugeValue>(
        &mut self,
        unit: Option<&Unit>,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        let mut family = self
            .0
            .encode_descriptor(name, help, unit, MetricType::Gauge)?;
        for (labels, value) in series {
            family.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// A moment that is the only one of its family; 0 is none.
    fn moment(&mut self, name: &str, help: &str, at: Option<Timestamp>) -> fmt::Result {
        self.0
            .encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Gauge)?
            .encode_gauge(&at.map_or(0, in_seconds))
    }

    /// Moments, in seconds since 1970; 0 is none.
    fn moments<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (L, Option<Timestamp>)>,
    ) -> fmt::Result {
        let seconds = |(labels, at): (L, Option<Timestamp>)| (labels, at.map_or(0, in_seconds));
        let series = series.into_iter().map(seconds);
        self.gauges_in(Some(&Unit::Seconds), name, help, series)
    }

    /// A counter that is the only one of its family.
    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.0
            .encode_descriptor(name, help, None, MetricType::Counter)?
            .encode_counter::<NoLabelSet, u64, f64>(&value, None)
    }

    /// Counters; `_total` becomes the end of their name.
    fn counters<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut family = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in series {
            family
                .encode_family(&labels)?
                .encode_counter::<NoLabelSet, u64, f64>(&value, None)?;
        }
        Ok(())
    }
}

fn in_seconds(at: Timestamp) -> i64 {
    at.as_second()
}
