//! How values of the model are written into columns. Times are whole
//! microseconds since 1970, UTC; enums are their serialized names.

use jiff::Timestamp;
use rusqlite::Row;

use crate::model::{AlertState, CloseReason, Outcome, RecipientState, ReportKind, RunKind};

use super::StoreError;

/// A time as it is stored.
pub(super) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// A time as it was stored.
pub(super) fn time(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// The same for a column that may be empty.
pub(super) fn optional_time(micros: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    micros.map(time).transpose()
}

/// A count out of a column.
pub(super) fn count(row: &Row<'_>, column: &str) -> Result<usize, StoreError> {
    Ok(row.get::<_, u32>(column)? as usize)
}

/// Stored under a name that never changes.
pub(super) trait Named: Sized + Copy + 'static {
    const ALL: &'static [Self];

    fn name(self) -> &'static str;

    fn from_name(name: &str) -> Result<Self, StoreError> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.name() == name)
            .ok_or_else(|| StoreError::Corrupt(format!("unknown name {name:?}")))
    }
}

impl Named for AlertState {
    const ALL: &'static [Self] = &[Self::Firing, Self::Resolved];

    fn name(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

impl Named for CloseReason {
    const ALL: &'static [Self] = &[Self::Repeat, Self::DeletedPlan, Self::SaidToday];

    fn name(self) -> &'static str {
        match self {
            Self::Repeat => "repeat",
            Self::DeletedPlan => "deleted_plan",
            Self::SaidToday => "said_today",
        }
    }
}

impl Named for ReportKind {
    const ALL: &'static [Self] = &[
        Self::Run,
        Self::UnknownPlan,
        Self::RedisUnreachable,
        Self::AllWell,
        Self::Uncovered,
        Self::Digest,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::UnknownPlan => "unknown_plan",
            Self::RedisUnreachable => "redis_unreachable",
            Self::AllWell => "all_well",
            Self::Uncovered => "uncovered",
            Self::Digest => "digest",
        }
    }
}

impl Named for RunKind {
    const ALL: &'static [Self] = &[
        Self::Scheduled,
        Self::HandPart,
        Self::HandWhole,
        Self::AsFound,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::HandPart => "hand_part",
            Self::HandWhole => "hand_whole",
            Self::AsFound => "as_found",
        }
    }
}

impl Named for Outcome {
    const ALL: &'static [Self] = &[Self::Success, Self::Partial, Self::RepoFailure];

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl Named for RecipientState {
    const ALL: &'static [Self] = &[
        Self::Queued,
        Self::Sent,
        Self::Refused,
        Self::Undeliverable,
        Self::NotSent,
    ];

    fn name(self) -> &'static str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    fn assert_named_as_serialized<T: Named + Serialize + PartialEq + std::fmt::Debug>() {
        for value in T::ALL {
            let json = serde_json::to_string(value).unwrap();
            assert_eq!(json, format!("\"{}\"", value.name()));
            assert_eq!(T::from_name(value.name()).unwrap(), *value);
        }
    }

    #[test]
    fn columns_and_json_use_the_same_names() {
        assert_named_as_serialized::<AlertState>();
        assert_named_as_serialized::<CloseReason>();
        assert_named_as_serialized::<ReportKind>();
        assert_named_as_serialized::<RunKind>();
        assert_named_as_serialized::<Outcome>();
        assert_named_as_serialized::<RecipientState>();
    }

    #[test]
    fn a_name_from_nowhere_is_damage_and_not_a_guess() {
        assert!(matches!(
            Outcome::from_name("success"),
            Err(StoreError::Corrupt(_))
        ));
    }
}
