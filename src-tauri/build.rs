//! Makes a permission for each command of the contract, so that none is open to a window by default.

macro_rules! names {
    ($($name:ident),*) => { &[$(stringify!($name)),*] };
}

fn main() {
    let manifest =
        tauri_build::AppManifest::new().commands(patchbay_contract::with_commands!(names));
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    if let Err(error) = tauri_build::try_build(attributes) {
        // Build scripts speak to cargo on standard output and fail by their exit code.
        println!("cargo::error={error:#}");
    }
}
