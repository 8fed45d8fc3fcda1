//! The program as people start it.

mod backup;
mod dish;
mod doors;
mod families;
mod full;
mod incidents;
mod killed;
mod leaks;
mod life;
mod line;
mod lists;
mod live;
mod local;
mod measured;
mod releases;
mod routers;
mod rules;
mod running;
mod sheets;
mod sites;
mod speed;
mod threats;
mod villages;
mod wire;
mod witness;
