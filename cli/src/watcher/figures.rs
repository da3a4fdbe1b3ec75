//! The metrics of all workers as one text: each figure with the process that it is of (`process="imap-1"`).

use std::collections::BTreeMap;

use daemon::control::{self, Answer, Order};

use super::{Watcher, service::Service};

/// Asks every worker. One that does not answer is left out.
pub async fn of(watcher: &Watcher) -> String {
    let mut names: BTreeMap<u32, String> = BTreeMap::new();
    let mut own =
        String::from("# HELP heliograph_workers Worker processes that serve.\n# TYPE heliograph_workers gauge\n");
    let mut restarts = String::from(
        "# HELP heliograph_worker_restarts Workers that had died and were started again.\n\
         # TYPE heliograph_worker_restarts counter\n",
    );
    for (name, service) in watcher.services().iter() {
        let name = name.as_str();
        let places = Service::places(service);
        own.push_str(&format!("heliograph_workers{{service=\"{name}\"}} {}\n", places.len()));
        restarts.push_str(&format!("heliograph_worker_restarts_total{{service=\"{name}\"}} {}\n", service.restarts()));
        names.extend(places.into_iter().map(|(place, pid)| (pid, format!("{name}-{place}"))));
    }
    let root = watcher.root.clone();
    let answers = tokio::task::spawn_blocking(move || control::ask(&root, &Order::Metrics)).await;
    let answers = match answers {
        Ok(Ok(answers)) => answers,
        Ok(Err(error)) => {
            tracing::warn!(%error, "workers could not be asked for their figures");
            Vec::new()
        }
        Err(_) => Vec::new(),
    };
    let mut texts: Vec<(String, String)> = answers
        .into_iter()
        .filter_map(|answer| match answer {
            Answer::Metrics { pid, text } => Some((names.get(&pid)?.clone(), text)),
            _ => None,
        })
        .collect();
    texts.sort();
    own + &restarts + &joined(&texts)
}

/// OpenMetrics wants the samples of a family together, after one description.
fn joined(texts: &[(String, String)]) -> String {
    let mut order: Vec<&str> = Vec::new();
    let mut families: BTreeMap<&str, (Vec<&str>, String)> = BTreeMap::new();
    for (process, text) in texts {
        let mut family = "";
        for line in text.lines().filter(|line| *line != "# EOF") {
            let described = line.strip_prefix("# ").and_then(|words| words.split(' ').nth(1));
            if let Some(name) = described {
                family = name;
                if !families.contains_key(name) {
                    order.push(name);
                }
                let (about, _) = families.entry(name).or_default();
                if !about.contains(&line) {
                    about.push(line);
                }
            } else if let Some((_, samples)) = families.get_mut(family) {
                samples.push_str(&labelled(line, process));
                samples.push('\n');
            }
        }
    }
    let mut whole = String::new();
    for name in order {
        let Some((about, samples)) = families.get(name) else { continue };
        for line in about {
            whole.push_str(line);
            whole.push('\n');
        }
        whole.push_str(samples);
    }
    whole + "# EOF\n"
}

/// `name{a="b"} 1` with one more label.
fn labelled(sample: &str, process: &str) -> String {
    let at = sample.find(['{', ' ']).unwrap_or(sample.len());
    let (name, rest) = sample.split_at(at);
    match rest.strip_prefix('{') {
        Some(labels) => format!("{name}{{process=\"{process}\",{labels}"),
        None => format!("{name}{{process=\"{process}\"}}{rest}"),
    }
}
