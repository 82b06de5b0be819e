//! The applications of the plans.

use std::fmt;

use prometheus_client::registry::Unit;

use super::Writer;
use crate::model::ModuleFacts;

/// The node is a number and made into text only here.
type Labels<'a> = (
    [(&'static str, &'a str); 2],
    [(&'static str, Option<u32>); 1],
);

pub(super) fn write(modules: &[ModuleFacts], writer: &mut Writer<'_>) -> fmt::Result {
    writer.gauges(
        "module_ok",
        "Whether the newest backup of the application in this plan is all right.",
        modules
            .iter()
            .map(|module| (labels(module), u32::from(module.ok))),
    )?;
    writer.moments(
        "module_last_success_timestamp",
        "When the newest good backup ended, 0 for never.",
        modules.iter().map(|module| (labels(module), module.ok_at)),
    )?;
    writer.gauges_in(
        Some(&Unit::Bytes),
        "module_size",
        "Size of the newest good backup.",
        modules
            .iter()
            .filter_map(|module| Some((labels(module), module.size?))),
    )?;
    writer.gauges_in(
        Some(&Unit::Seconds),
        "module_duration",
        "How long the newest backup took.",
        modules
            .iter()
            .filter_map(|module| Some((labels(module), module.duration_s?))),
    )
}

fn labels(module: &ModuleFacts) -> Labels<'_> {
    (
        [
            ("plan", module.plan.as_str()),
            ("module", module.module.as_str()),
        ],
        [("node", module.node.map(|node| node.0))],
    )
}
