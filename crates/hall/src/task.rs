//! The only file that spawns.
//!
//! Every task has a name and is waited for. Closing comes in two steps: at the
//! soft signal tasks end what they are doing and go; at the hard one, after a
//! grace, they are dropped where they stand. A task that panics ends alone, and
//! the log says which.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// All tasks of the house. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    soft: CancellationToken,
    hard: CancellationToken,
}

/// Work that was not done: it panicked, or the house is closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work {0} was not done")]
pub struct Undone(&'static str);

impl Tasks {
    /// No tasks yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets a future run by itself.
    #[expect(
        clippy::disallowed_methods,
        reason = "this file is where tasks are spawned"
    )]
    pub fn spawn(&self, name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        let hard = self.hard.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                done = AssertUnwindSafe(future).catch_unwind() => if done.is_err() {
                    tracing::error!(task.name = name, "a task panicked");
                },
                () = hard.cancelled() => tracing::warn!(task.name = name, "a task was dropped"),
            }
        });
    }

    /// Does what blocks or takes long where it holds nobody up.
    ///
    /// # Errors
    /// If it panicked.
    #[expect(
        clippy::disallowed_methods,
        reason = "this file is where tasks are spawned"
    )]
    pub async fn blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undone> {
        self.tracker.spawn_blocking(work).await.map_err(|_| {
            tracing::error!(task.name = name, "blocking work panicked");
            Undone(name)
        })
    }

    /// The signal to end what one is doing and go.
    #[must_use]
    pub const fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// The signal that time is up.
    #[must_use]
    pub const fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Closes: asks all to go, waits, and drops who is still there after the
    /// grace. Whether all went by themselves.
    pub async fn shutdown(&self, grace: Duration) -> bool {
        self.soft.cancel();
        self.tracker.close();
        let went = tokio::time::timeout(grace, self.tracker.wait())
            .await
            .is_ok();
        self.hard.cancel();
        self.tracker.wait().await;
        went
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_stops_one_task_only() {
        let tasks = Tasks::new();
        let (told, hears) = tokio::sync::oneshot::channel();
        tasks.spawn("bad", async { panic!("on purpose") });
        tasks.spawn("good", async move { told.send(7).expect("heard") });
        assert_eq!(hears.await, Ok(7));
        assert!(
            tasks
                .blocking("bad", || panic!("on purpose"))
                .await
                .is_err()
        );
        assert!(tasks.shutdown(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn who_does_not_go_is_dropped() {
        let tasks = Tasks::new();
        tasks.spawn("deaf", std::future::pending());
        assert!(!tasks.shutdown(Duration::ZERO).await);
    }
}
