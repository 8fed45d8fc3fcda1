//! watch-core
