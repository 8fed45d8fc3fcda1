//! The program as people start it.

mod doors;
mod life;
mod live;
mod local;
mod running;
