//! The thread that owns the connection. Callers hand over work and wait; what
//! waits together is committed together, so that one sync of the disk serves
//! all of them.

use std::iter;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::carrier::Carrier;
use super::place::Place;
use super::{StoreError, damage};

/// How many calls may wait; one more is [`StoreError::Busy`].
const QUEUE: usize = 1024;

/// How many calls share one commit at most.
const BATCH: usize = 256;

/// Whether a call changes anything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
    /// A write that can be done again. Those that wait together share one savepoint,
    /// which is cheaper, until one of them fails.
    WriteAgain,
}

/// The thread and the way to it.
pub(super) struct Worker {
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// What is wrong with the database, once SQLite came upon it.
    damage: watch::Sender<Option<String>>,
}

impl Worker {
    /// `carrying` is the connection that carries the log over.
    pub(super) fn start(
        place: Place,
        mut connection: Connection,
        carrying: Connection,
    ) -> Result<Self, StoreError> {
        let mut carrier = Carrier::start(&mut connection, carrying)?;
        let (sender, receiver) = sync_channel(QUEUE);
        let damage = watch::Sender::new(None);
        let database = Database {
            place,
            connection,
            damage: damage.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(&database, &mut carrier, &receiver))
            .map_err(|error| StoreError::Io(error.to_string()))?;
        Ok(Self {
            queue: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            damage,
        })
    }

    /// Runs `work` on the thread and waits for its answer, which comes only
    /// after the commit.
    pub(super) async fn call<T, F>(&self, kind: Kind, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let mut work = Some(work);
        let once = move |connection: &Connection| match work.take() {
            Some(work) => work(connection),
            None => Err(StoreError::Internal("a call was made twice".to_owned())),
        };
        self.hand_over(kind, once).await
    }

    /// The same for a write that may have to be done again.
    pub(super) async fn call_again<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.hand_over(Kind::WriteAgain, work).await
    }

    async fn hand_over<T, F>(&self, kind: Kind, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Call {
            kind,
            work,
            result: None,
            reply,
        };
        self.submit(Box::new(job))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Returns what is wrong with the database, once it is.
    pub(super) async fn damaged(&self) -> String {
        let mut damage = self.damage.subscribe();
        // Its sender lives as long as this does.
        match damage.wait_for(Option::is_some).await {
            Ok(why) => why.clone().unwrap_or_default(),
            Err(_) => std::future::pending().await,
        }
    }

    /// Lets the thread finish what it has and waits for its end.
    pub(super) async fn shut_down(&self) {
        lock(&self.queue).take();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    fn submit(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        match lock(&self.queue).as_ref().map(|queue| queue.try_send(job)) {
            Some(Ok(())) => Ok(()),
            Some(Err(TrySendError::Full(_))) => Err(StoreError::Busy),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(StoreError::Closed),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        lock(&self.queue).take();
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
    }
}

/// Nothing that is done under these locks can leave a value half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Work that waits, with its own way back to who asked.
trait Job: Send {
    fn kind(&self) -> Kind;
    /// Does the work and keeps the answer.
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError>;
    /// Hands the kept answer over, or the failure of what it was part of.
    fn reply(self: Box<Self>, whole: Result<(), StoreError>);
}

struct Call<T, F> {
    kind: Kind,
    work: F,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<T, StoreError> + Send,
{
    fn kind(&self) -> Kind {
        self.kind
    }

    fn run(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let result = (self.work)(connection);
        let verdict = result.as_ref().map(|_| ()).map_err(Clone::clone);
        self.result = Some(result);
        verdict
    }

    fn reply(self: Box<Self>, whole: Result<(), StoreError>) {
        let answer = match (whole, self.result) {
            (Ok(()), Some(own)) => own,
            (Ok(()), None) => Err(StoreError::Closed),
            (Err(error), _) => Err(error),
        };
        // Who asked may have stopped waiting; the work is done all the same.
        let _ = self.reply.send(answer);
    }
}

/// What the thread works on.
struct Database {
    place: Place,
    connection: Connection,
    damage: watch::Sender<Option<String>>,
}

impl Database {
    /// What is damaged is not worked on any more: that could only make it worse.
    fn usable(&self) -> Result<(), StoreError> {
        match &*self.damage.borrow() {
            Some(why) => Err(StoreError::Damaged(why.clone())),
            None => Ok(()),
        }
    }

    /// Notes damage, unless another file took the place of the opened one: then
    /// that is why what SQLite reads does not fit together.
    fn judge(&self, error: StoreError) -> StoreError {
        let StoreError::Damaged(why) = &error else {
            return error;
        };
        if !damage::suspect(&self.place) {
            return StoreError::Gone;
        }
        self.damage.send_replace(Some(why.clone()));
        error
    }
}

fn serve(database: &Database, carrier: &mut Carrier, queue: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = queue.recv() {
        let (writes, reads): (Vec<_>, Vec<_>) = iter::once(first)
            .chain(queue.try_iter())
            .take(BATCH)
            .partition(|job| job.kind() != Kind::Read);
        if !writes.is_empty() {
            answer(writes, |jobs| commit_together(database, jobs));
            carrier.between_commits(&database.connection);
        }
        for job in reads {
            answer(vec![job], |jobs| read_alone(database, jobs));
        }
    }
}

fn answer(
    mut jobs: Vec<Box<dyn Job>>,
    run: impl FnOnce(&mut [Box<dyn Job>]) -> Result<(), StoreError>,
) {
    let whole = run(&mut jobs);
    for job in jobs {
        job.reply(whole.clone());
    }
}

/// One transaction for all, in which a job that fails undoes only itself.
fn commit_together(database: &Database, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    database.usable()?;
    database.place.check()?;
    let connection = &database.connection;
    in_transaction(database, "BEGIN IMMEDIATE", || {
        if let [alone] = jobs {
            // The transaction undoes it.
            return alone.run(connection);
        }
        jobs.chunk_by_mut(|one, next| both_again(&**one, &**next))
            .try_for_each(|jobs| run_in_savepoint(connection, jobs))
    })
}

fn both_again(one: &dyn Job, next: &dyn Job) -> bool {
    one.kind() == Kind::WriteAgain && next.kind() == Kind::WriteAgain
}

/// Fails only where the whole transaction has to.
fn run_in_savepoint(connection: &Connection, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    say(connection, "SAVEPOINT job")?;
    let Err(error) = jobs.iter_mut().try_for_each(|job| job.run(connection)) else {
        return say(connection, "RELEASE job");
    };
    // A full disk can end the whole transaction, and with it the savepoint and the
    // work of the others. Into a damaged file nothing is promised.
    if connection.is_autocommit() || matches!(error, StoreError::Damaged(_)) {
        return Err(error);
    }
    say(connection, "ROLLBACK TO job")?;
    say(connection, "RELEASE job")?;
    if jobs.len() == 1 {
        return Ok(());
    }
    // Whose failure it was shows when each is done by itself.
    jobs.chunks_mut(1)
        .try_for_each(|job| run_in_savepoint(connection, job))
}

/// One view of the data for all that the job looks at.
fn read_alone(database: &Database, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    database.usable()?;
    in_transaction(database, "BEGIN DEFERRED", || {
        jobs.iter_mut()
            .try_for_each(|job| job.run(&database.connection))
    })
}

fn in_transaction(
    database: &Database,
    begin: &str,
    work: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let connection = &database.connection;
    let done = say(connection, begin)
        .and_then(|()| work())
        .and_then(|()| say(connection, "COMMIT"));
    if done.is_err() && !connection.is_autocommit() {
        // What matters to the caller is why it came to this.
        let _ = say(connection, "ROLLBACK");
    }
    done.map_err(|error| database.judge(error))
}

fn say(connection: &Connection, what: &str) -> Result<(), StoreError> {
    connection.prepare_cached(what)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests;
