//! What one look at the cluster leads to, stored as one: what is remembered of
//! the plans, the reports with their mails, the alerts that these answer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::model::{
    CloseReason, InboxId, OutgoingMail, PlanId, PlanWatch, Report, ReportId, ReportKind, RunMark,
    WholeWatch,
};

use super::inbox::{Answer, answer};
use super::reports::{NewReport, Saved};
use super::watch::Changes;
use super::{Store, StoreError, outbox, strips};

/// Everything that belongs together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// What concerns no single plan, if that changed.
    pub whole: Option<WholeWatch>,
    /// The plans of which something changed; `None`: forget it.
    pub plans: BTreeMap<PlanId, Option<PlanWatch>>,
    /// Reports, in this order.
    pub saves: Vec<Save>,
    /// Alerts that are answered without a report, and why. One that came in
    /// again since the time beside it goes on waiting.
    pub closes: Vec<(Vec<(InboxId, Timestamp)>, CloseReason)>,
    /// Runs that nobody could judge, for the strips.
    pub unjudged: Vec<(PlanId, RunMark)>,
}

/// A report to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Save {
    /// It.
    pub report: Report,
    /// Its mails, due at once.
    pub mails: Vec<OutgoingMail>,
    /// The alerts it answers. One that came in again since the time beside it
    /// goes on waiting.
    pub answered: Vec<(InboxId, Timestamp)>,
    /// Whether it takes the place of one of the same kind, plan and run; else
    /// that one stays.
    pub replace: bool,
}

impl Store {
    /// Stores all of `batch` or nothing. Returns what became of each of its
    /// `saves`, in their order.
    pub async fn commit(&self, batch: Batch, now: Timestamp) -> Result<Vec<Saved>, StoreError> {
        let changes = Changes::new(batch.whole.as_ref(), &batch.plans)?;
        let reports = batch
            .saves
            .into_iter()
            .map(NewSave::from_save)
            .collect::<Result<Vec<_>, _>>()?;
        let (closes, unjudged) = (batch.closes, batch.unjudged);
        self.write(move |db| {
            let saved = reports
                .iter()
                .map(|save| save.store(db, now))
                .collect::<Result<_, _>>()?;
            for (entries, reason) in &closes {
                answer(db, entries, Answer::Closed(*reason), now)?;
            }
            for (plan, mark) in &unjudged {
                strips::keep_unjudged(db, plan, mark)?;
            }
            changes.store(db)?;
            Ok(saved)
        })
        .await
    }

    /// A batch of one report that does not replace another.
    pub async fn save_report(
        &self,
        report: Report,
        mails: Vec<OutgoingMail>,
        answered: Vec<(InboxId, Timestamp)>,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let save = NewSave::from_save(Save {
            report,
            mails,
            answered,
            replace: false,
        })?;
        self.write(move |db| save.store(db, now)).await
    }
}

/// A [`Save`] whose report has the form of its row.
struct NewSave {
    report: NewReport,
    mails: Vec<OutgoingMail>,
    answered: Vec<(InboxId, Timestamp)>,
    replace: bool,
}

impl NewSave {
    fn from_save(save: Save) -> Result<Self, StoreError> {
        Ok(Self {
            report: NewReport::from_report(&save.report)?,
            mails: save.mails,
            answered: save.answered,
            replace: save.replace,
        })
    }

    fn store(&self, db: &Connection, now: Timestamp) -> Result<Saved, StoreError> {
        let saved = self.store_report(db)?;
        let (Saved::New(id) | Saved::Already(id)) = saved;
        if matches!(saved, Saved::New(_)) {
            outbox::queue(db, id, &self.mails, now)?;
        }
        if self.report.kind == ReportKind::RedisUnreachable {
            db.execute("UPDATE outage SET reported = 1", [])?;
        }
        answer(db, &self.answered, Answer::Report(id), now)?;
        Ok(saved)
    }

    fn store_report(&self, db: &Connection) -> Result<Saved, StoreError> {
        let there: Option<ReportId> = self.report.find(db)?;
        match there {
            Some(id) if self.replace => {
                self.report.replace(db, id)?;
                Ok(Saved::New(id))
            }
            Some(id) => Ok(Saved::Already(id)),
            None => Ok(Saved::New(self.report.insert(db)?)),
        }
    }
}

#[cfg(test)]
mod tests;
