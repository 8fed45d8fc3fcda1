//! The messages of a dish, made from `proto/` without a compiler outside Rust.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    let described = protox::compile(["proto/dish.proto"], ["proto"])?;
    prost_build::compile_fds(described)?;
    Ok(())
}
