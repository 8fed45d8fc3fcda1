//! The web app is embedded as it lies in `web/build` when this crate is compiled;
//! a new build of it is a reason to compile again. Without it the program is built
//! all the same and says so.

fn main() {
    println!("cargo:rerun-if-changed=../../web/build");
    println!("cargo:rerun-if-changed=build.rs");
}
