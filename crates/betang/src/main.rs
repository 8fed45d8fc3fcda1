//! betang
fn main() {}
