//! Installs the front-end libraries, then embeds every static file under a content-hashed name, precompressed.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// Name in the templates, file below `static/`, media type.
const FILES: &[(&str, &str, &str)] = &[
    ("app.css", "app.css", "text/css; charset=utf-8"),
    ("app.js", "app.js", "text/javascript; charset=utf-8"),
    ("list.js", "list.js", "text/javascript; charset=utf-8"),
    ("keys.js", "keys.js", "text/javascript; charset=utf-8"),
    ("compose.js", "compose.js", "text/javascript; charset=utf-8"),
    ("icons.svg", "icons.svg", "image/svg+xml"),
    ("favicon.svg", "favicon.svg", "image/svg+xml"),
    ("htmx.js", "node_modules/htmx.org/dist/htmx.min.js", "text/javascript; charset=utf-8"),
    ("hx-sse.js", "node_modules/htmx.org/dist/ext/hx-sse.min.js", "text/javascript; charset=utf-8"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let source = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../static");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    install(&source)?;

    let mut table = String::from("&[\n");
    for (name, file, media_type) in FILES {
        let path = source.join(file);
        println!("cargo:rerun-if-changed={}", path.display());
        let bytes = without_source_map(fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?);
        let hash: String = Sha256::digest(&bytes).iter().take(8).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let (stem, extension) = name.split_once('.').ok_or("a static file needs an extension")?;
        let hashed = format!("{stem}.{hash}.{extension}");
        fs::write(out.join(&hashed), &bytes)?;
        fs::write(out.join(format!("{hashed}.br")), brotli(&bytes)?)?;
        fs::write(out.join(format!("{hashed}.gz")), gzip(&bytes)?)?;
        writeln!(
            table,
            "    Asset {{ name: {name:?}, path: {:?}, media_type: {media_type:?}, plain: include_bytes!(concat!(env!(\"OUT_DIR\"), {:?})), \
             brotli: include_bytes!(concat!(env!(\"OUT_DIR\"), {:?})), gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), {:?})) }},",
            format!("/static/{hashed}"),
            format!("/{hashed}"),
            format!("/{hashed}.br"),
            format!("/{hashed}.gz"),
        )?;
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

/// Runs `npm ci` only when `node_modules` does not belong to this lock file, so that a rebuild needs no network.
fn install(source: &Path) -> Result<(), Box<dyn Error>> {
    let lock = source.join("package-lock.json");
    println!("cargo:rerun-if-changed={}", lock.display());
    println!("cargo:rerun-if-changed=build.rs");
    let wanted = fs::read(&lock)?;
    let stamp = source.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let done = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(source)
        .output()
        .map_err(|e| format!("npm is needed once, to install static/package-lock.json: {e}"))?;
    if !done.status.success() {
        return Err(format!("npm ci in static/ failed:\n{}", String::from_utf8_lossy(&done.stderr)).into());
    }
    fs::write(stamp, wanted)?;
    Ok(())
}

/// The maps are not embedded, so a browser's tools should not ask for them.
fn without_source_map(bytes: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) => match text.rfind("\n//# sourceMappingURL=") {
            Some(at) => text.as_bytes()[..at].to_vec(),
            None => text.into_bytes(),
        },
        Err(raw) => raw.into_bytes(),
    }
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, 11, 22);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes)?;
    writer.finish()
}
