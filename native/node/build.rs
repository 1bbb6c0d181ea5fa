//! Sets up napi's linker flags and hands over the product's version, whose one home is package.json.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let package = "../../package.json";
    println!("cargo::rerun-if-changed={package}");
    let package: serde_json::Value = serde_json::from_slice(&std::fs::read(package)?)?;
    let version = package["version"].as_str().ok_or("package.json has no version")?;
    println!("cargo::rustc-env=KMEANS_VERSION={version}");
    napi_build::setup();
    Ok(())
}
