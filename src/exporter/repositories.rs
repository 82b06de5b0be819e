//! The repositories, as far as they were asked.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::registry::Unit;

use super::{Writer, in_seconds};
use crate::model::RepositoryFacts;

type Labels<'a> = [(&'static str, &'a str); 3];

pub(super) fn write(repositories: &[RepositoryFacts], writer: &mut Writer<'_>) -> fmt::Result {
    // Two series with the same labels would make the whole text invalid.
    let repositories: BTreeMap<Labels<'_>, &RepositoryFacts> =
        repositories.iter().map(|one| (labels(one), one)).collect();
    writer.gauges(
        "repository_reachable",
        "Whether the snapshots of the repository could be listed when it was asked last.",
        repositories
            .iter()
            .map(|(labels, one)| (*labels, u32::from(one.reachable))),
    )?;
    writer.gauges_in(
        Some(&Unit::Seconds),
        "repository_probe_duration",
        "How long the repository took to answer.",
        repositories.iter().map(|(labels, one)| {
            (
                *labels,
                std::time::Duration::from_millis(one.took_ms).as_secs_f64(),
            )
        }),
    )?;
    writer.gauges_in(
        Some(&Unit::Seconds),
        "repository_probe_timestamp",
        "When the repository was asked last.",
        repositories
            .iter()
            .map(|(labels, one)| (*labels, in_seconds(one.at))),
    )
}

fn labels(one: &RepositoryFacts) -> Labels<'_> {
    [
        ("plan", one.plan.as_str()),
        ("module", one.module.as_str()),
        ("destination", one.destination.as_str()),
    ]
}
