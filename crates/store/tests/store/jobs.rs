//! Leases, and work that is asked for again.

use std::time::Duration;

use base::id::{Id, Job};
use base::now::Wall;
use store::{Db, jobs, on_both_engines};

use crate::{NOTES, NOW};

const MINUTE: Duration = Duration::from_secs(60);

fn job(seed: u64) -> Id<Job> {
    Id::mint(NOW, &mut fastrand::Rng::with_seed(seed))
}

on_both_engines!(
    a_lease_runs_out_and_the_job_comes_back,
    NOTES,
    async |db: Db| {
        let mut tx = db.write().await.expect("to write");
        let tx = &mut tx;
        assert!(
            jobs::enqueue(tx, job(1), "still", "cam-1", NOW)
                .await
                .expect("queued")
        );
        assert!(
            !jobs::enqueue(tx, job(2), "still", "cam-1", NOW)
                .await
                .expect("known")
        );
        assert!(
            jobs::enqueue(tx, job(3), "probe", "cam-1", NOW)
                .await
                .expect("another kind is other work")
        );
        let first = leased(tx, "a", NOW).await.expect("due");
        assert_eq!((first.id, first.attempts), (job(1), 1));
        assert_eq!(leased(tx, "b", NOW).await, None, "it is a's");

        let late = NOW + MINUTE;
        assert!(
            jobs::renew(tx, &first, NOW, 2 * MINUTE)
                .await
                .expect("asked")
        );
        assert_eq!(leased(tx, "b", late).await, None, "it is a's for longer");
        let later = late + MINUTE;
        let second = leased(tx, "b", later).await.expect("it came back");
        assert_eq!(second.attempts, 2);
        // Even a worker of the same name cannot take the lease of another.
        assert!(!jobs::done(tx, &first).await.expect("asked"));
        assert!(!jobs::renew(tx, &first, later, MINUTE).await.expect("asked"));
        assert_eq!(
            jobs::failed(tx, &first, "x", later).await.expect("asked"),
            None
        );

        let again = jobs::failed(tx, &second, "camera\0silent", later)
            .await
            .expect("asked")
            .expect("a time");
        assert_eq!(again, later + Duration::from_secs(20), "the second pause");
        assert_eq!(leased(tx, "b", later).await, None, "not yet");
        let third = leased(tx, "b", again).await.expect("due");
        assert!(jobs::done(tx, &third).await.expect("asked"));
        assert!(!jobs::done(tx, &third).await.expect("asked"), "once");
        assert_eq!(leased(tx, "b", again + MINUTE).await, None, "done");
    }
);

on_both_engines!(
    what_is_asked_for_during_the_work_is_done_again,
    NOTES,
    async |db: Db| {
        let mut tx = db.write().await.expect("to write");
        let tx = &mut tx;
        jobs::enqueue(tx, job(1), "still", "cam-1", NOW)
            .await
            .expect("queued");
        let first = leased(tx, "a", NOW).await.expect("due");
        let soon = NOW + Duration::from_secs(1);
        jobs::enqueue(tx, job(2), "still", "cam-1", soon)
            .await
            .expect("asked for again");
        assert!(jobs::done(tx, &first).await.expect("asked"));
        assert_eq!(leased(tx, "a", NOW).await, None, "not before it is due");
        let second = leased(tx, "a", soon).await.expect("once more");
        assert_eq!(second.attempts, 1, "a new beginning");
        assert!(
            !jobs::done(tx, &first).await.expect("asked"),
            "the old lease"
        );
        assert!(jobs::done(tx, &second).await.expect("asked"));
        assert_eq!(leased(tx, "a", soon).await, None, "and no more");
    }
);

async fn leased(tx: &mut store::Tx, by: &str, now: Wall) -> Option<jobs::Leased> {
    jobs::lease(tx, "still", by, now, MINUTE)
        .await
        .expect("asked")
}
