//! A test of speed, as the house runs its end.
//!
//! What happens next says [`sync::speed`]; here octets go and come. A test costs the
//! line that everybody shares, so few go on at a time and none is fast for its own sake.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use bytes::Bytes;
use futures::FutureExt as _;
use sync::speed::{
    Connection, Direction, End, Gate, Limits, OVER, Part, SIZE_MAX, TOLD_TIMES_MAX, Test, Turn,
    measurement, read,
};

use crate::Hall;
use crate::problem::Problem;

/// The tests that go on. Cheap to look at.
#[derive(Debug, Default)]
pub(crate) struct Tests(Mutex<Gate>);

impl Tests {
    fn gate(&self) -> MutexGuard<'_, Gate> {
        // A count is whole at any moment: a panic elsewhere spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A test that was let in. Dropped, it makes room for the next.
#[derive(Debug)]
pub(crate) struct Permit {
    hall: Hall,
    moved: u64,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let now = self.hall.now().mono;
        self.hall.speed().gate().leave(now, self.moved);
    }
}

/// Lets a test in.
///
/// # Errors
/// If as many go on as the house takes, or the hour has had its octets.
pub(crate) fn enter(hall: &Hall) -> Result<Permit, Problem> {
    let now = hall.now().mono;
    let entered = hall.speed().gate().enter(now);
    entered.map_err(|wait| {
        let why = "Other tests of speed go on, or there were many within the hour.";
        Problem::unavailable("speed-busy", why).retry_after_s(wait.as_secs().max(1))
    })?;
    Ok(Permit {
        hall: hall.clone(),
        moved: 0,
    })
}

/// Runs the house's end of one direction.
pub(crate) async fn run(
    mut permit: Permit,
    direction: Direction,
    mut socket: WebSocket,
    connection: Connection,
) {
    let hall = permit.hall.clone();
    let part = match direction {
        Direction::Download => Part::Sends,
        Direction::Upload => Part::Takes,
    };
    let mut course = Course {
        test: Test::new(hall.now().mono, part, Limits::OF_HOUSE),
        direction,
        connection,
        heard: 0,
    };
    let stop = hall.tasks().soft().clone();
    let end = {
        let whole = async {
            let end = course.run(&hall, &mut socket).await;
            if matches!(end, End::Time | End::Cap) {
                course.part_ways(&mut socket).await;
            }
            end
        };
        tokio::select! {
            ended = tokio::time::timeout(OVER, whole) => ended.unwrap_or(End::Broken),
            () = stop.cancelled() => End::Other,
        }
    };
    permit.moved = course.test.octets();
    let (test, end) = (direction.as_str(), end.as_str());
    let took_ms = course.test.elapsed(hall.now().mono).as_millis();
    tracing::info!(test, end, octets = permit.moved, took_ms, "a test of speed");
    let labels = format!("test=\"{test}\"");
    let metrics = hall.metrics();
    let help = "Octets of tests of speed, without measurements, by direction.";
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let octets = permit.moved as f64;
    metrics.add("betang_speed_octets_total", help, &labels, octets);
    let labels = format!("test=\"{test}\",end=\"{end}\"");
    let help = "Tests of speed, by direction and by what ended them.";
    metrics.add("betang_speed_tests_total", help, &labels, 1.0);
}

/// One direction on its way.
struct Course {
    test: Test,
    direction: Direction,
    connection: Connection,
    /// Measurements of the other end.
    heard: u32,
}

impl Course {
    async fn run(&mut self, hall: &Hall, socket: &mut WebSocket) -> End {
        let Some(body) = noise() else {
            return End::Broken;
        };
        loop {
            let now = hall.now().mono;
            match self.test.turn(now) {
                Turn::End(end) => return end,
                Turn::Rest(until) => tokio::time::sleep(until.since(now)).await,
                Turn::Tell => {
                    let said = measurement(self.direction, &self.test, now, Some(&self.connection));
                    if socket.send(Message::Text(said.into())).await.is_err() {
                        return End::Broken;
                    }
                    self.test.told(now);
                }
                Turn::Send(size) => {
                    if let Some(heard) = socket.recv().now_or_never()
                        && let Err(end) = self.hear(heard)
                    {
                        return end;
                    }
                    let message = Message::Binary(body.slice(..size));
                    if socket.send(message).await.is_err() {
                        return End::Broken;
                    }
                    self.test.moved(size);
                }
                Turn::Take(until) => {
                    let heard = tokio::time::timeout(until.since(now), socket.recv()).await;
                    if let Ok(heard) = heard
                        && let Err(end) = self.hear(heard)
                    {
                        return end;
                    }
                }
            }
        }
    }

    /// Goes on with what the other end sent, or says how that ends the test.
    fn hear(&mut self, heard: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        match heard {
            None | Some(Ok(Message::Close(_))) => Err(End::Other),
            Some(Err(_)) => Err(End::Broken),
            Some(Ok(Message::Binary(octets))) => match self.direction {
                Direction::Upload => {
                    self.test.moved(octets.len());
                    Ok(())
                }
                Direction::Download => Err(End::Broken),
            },
            Some(Ok(Message::Text(text))) => {
                self.heard += 1;
                match read(text.as_bytes()) {
                    Ok(said) => tracing::trace!(?said, "the other end of a test of speed"),
                    // It is told for its own sake; the house goes by what it counts.
                    Err(error) => tracing::debug!(%error, "the other end of a test of speed"),
                }
                if self.heard > TOLD_TIMES_MAX {
                    return Err(End::Broken);
                }
                Ok(())
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
        }
    }

    /// Says goodbye and takes what is still on its way.
    async fn part_ways(&mut self, socket: &mut WebSocket) {
        let goodbye = CloseFrame {
            code: close_code::NORMAL,
            reason: "".into(),
        };
        if socket.send(Message::Close(Some(goodbye))).await.is_err() {
            return;
        }
        loop {
            let heard = socket.recv().await;
            if self.hear(heard).is_err() {
                return;
            }
        }
    }
}

/// What is sent: nobody on the way can make it smaller.
fn noise() -> Option<Bytes> {
    let mut noise = vec![0; SIZE_MAX];
    rand::fill(&mut noise).ok()?;
    Some(noise.into())
}
