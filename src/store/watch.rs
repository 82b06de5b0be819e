//! What the program knows of the cluster between two looks, one row for the
//! whole and one per plan: a look changes few of them.

use std::fmt::Display;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::warn;

use crate::model::{PlanId, PlanWatch, Watch, WholeWatch};

use super::{Store, StoreError};

impl Store {
    /// All that is remembered. A row that cannot be understood (another version
    /// wrote it, or it is damaged) counts as not there, with a warning: its
    /// plan then begins anew, and the others go on.
    pub async fn load_watch(&self) -> Result<Watch, StoreError> {
        let (whole, plans) = self.read(|db| Ok((whole(db)?, plans(db)?))).await?;
        let whole = whole.and_then(|body| understood::<WholeWatch>(&body, "no single plan"));
        let plans = plans.into_iter().filter_map(|(plan, body)| {
            let watch = understood::<PlanWatch>(&body, format_args!("plan {plan}"))?;
            Some((plan, watch))
        });
        Ok(Watch {
            whole: whole.unwrap_or_default(),
            plans: plans.collect(),
        })
    }
}

fn understood<T: DeserializeOwned>(body: &str, whom: impl Display) -> Option<T> {
    serde_json::from_str(body)
        .inspect_err(|problem| {
            warn!(%problem, "what was remembered of {whom} cannot be understood and is dropped");
        })
        .ok()
}

fn whole(db: &Connection) -> Result<Option<String>, StoreError> {
    Ok(db
        .prepare_cached("SELECT body FROM watch_whole")?
        .query_row([], |row| row.get(0))
        .optional()?)
}

fn plans(db: &Connection) -> Result<Vec<(PlanId, String)>, StoreError> {
    db.prepare_cached("SELECT plan, body FROM watch_plan")?
        .query_and_then([], |row| {
            Ok((PlanId::new(row.get::<_, String>(0)?), row.get(1)?))
        })?
        .collect()
}

/// Changes to what is remembered, in the form of rows.
pub(super) struct Changes {
    whole: Option<String>,
    /// `None`: forget it.
    plans: Vec<(PlanId, Option<String>)>,
}

impl Changes {
    pub(super) fn new<'a>(
        whole: Option<&WholeWatch>,
        plans: impl IntoIterator<Item = (&'a PlanId, &'a Option<PlanWatch>)>,
    ) -> Result<Self, StoreError> {
        let plans = plans
            .into_iter()
            .map(|(plan, watch)| Ok((plan.clone(), watch.as_ref().map(json).transpose()?)))
            .collect::<Result<_, StoreError>>()?;
        Ok(Self {
            whole: whole.map(json).transpose()?,
            plans,
        })
    }

    pub(super) fn store(&self, db: &Connection) -> Result<(), StoreError> {
        if let Some(body) = &self.whole {
            db.prepare_cached(
                "INSERT INTO watch_whole (one, body) VALUES (1, ?1)
                 ON CONFLICT (one) DO UPDATE SET body = excluded.body",
            )?
            .execute([body])?;
        }
        for (plan, body) in &self.plans {
            match body {
                Some(body) => db
                    .prepare_cached(
                        "INSERT INTO watch_plan (plan, body) VALUES (?1, ?2)
                         ON CONFLICT (plan) DO UPDATE SET body = excluded.body",
                    )?
                    .execute(params![plan.as_str(), body])?,
                None => db
                    .prepare_cached("DELETE FROM watch_plan WHERE plan = ?1")?
                    .execute([plan.as_str()])?,
            };
        }
        Ok(())
    }
}

fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Internal(error.to_string()))
}

#[cfg(test)]
mod tests;
