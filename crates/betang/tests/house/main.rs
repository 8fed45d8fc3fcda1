//! The program as people start it.

mod backup;
mod dish;
mod doctor;
mod doors;
mod families;
mod full;
mod incidents;
mod killed;
mod life;
mod line;
mod live;
mod local;
mod released;
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
