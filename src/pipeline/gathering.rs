//! Reports on more than one plan: applications that lost theirs, and the weekly
//! summary.

use tracing::info;

use super::picture::{History, Picture};
use super::reporting::Verdicts;
use super::watching::WatchingError;
use crate::model::{Overview, UncoveredModule, Watch, WholeWatch};
use crate::store::Batch;
use crate::verdict;

impl Verdicts<'_> {
    /// Tells which applications lost their plan.
    pub fn tell_lost(
        &self,
        batch: &mut Batch,
        lost: Vec<UncoveredModule>,
    ) -> Result<(), WatchingError> {
        if lost.is_empty() {
            return Ok(());
        }
        info!(
            applications = lost.len(),
            "applications are in no plan any more"
        );
        let report = verdict::uncovered(lost, self.around(&[], &[]));
        batch.saves.push(self.plain(report, Vec::new())?);
        Ok(())
    }

    async fn overview(&self, watch: &Watch) -> Result<Overview, WatchingError> {
        let history = History::load(&self.look.watching.store, self.look.now).await?;
        let picture = Picture {
            config: &self.look.parts.config,
            watch,
            state: Some(self.look.state),
            problem: None,
            voice: self.speaks,
            now: self.look.now,
        };
        Ok(picture.overview(&history))
    }

    /// Sends the weekly digest when its hour has come.
    pub async fn tell_digest(
        &self,
        watch: &mut Watch,
        whole: &mut WholeWatch,
    ) -> Result<(), WatchingError> {
        let config = &self.look.parts.config;
        let Some(digest) = config.digest else {
            whole.digest_at = None;
            return Ok(());
        };
        let now = self.look.now;
        let due = super::digest::last_due(digest, &config.mail.timezone, now);
        let before = whole.digest_at.replace(now);
        // What was due before the digest was switched on is not made up for.
        if before.is_none_or(|before| due.is_none_or(|due| before >= due)) {
            return Ok(());
        }
        let overview = self.overview(watch).await?;
        let report = verdict::digest(overview, self.around(&[], &[]));
        let mut batch = Batch {
            whole: Some(WholeWatch {
                digest_at: whole.digest_at,
                ..watch.whole.clone()
            }),
            ..Batch::default()
        };
        batch.saves.push(self.plain(report, Vec::new())?);
        self.save(watch, batch).await
    }
}
