//! THREAD=ORDEREDSUBJECT (RFC 5256 §3): one thread for each base subject.

use super::{Brief, Forest, Node};

/// Threads in the order of their first messages. No message has grandchildren here.
pub(super) fn threads(briefs: &[Brief]) -> Forest {
    let mut nodes: Vec<Node> =
        (0..briefs.len()).map(|message| Node { message: Some(message), children: Vec::new() }).collect();
    let mut order: Vec<usize> = (0..briefs.len()).collect();
    order.sort_by(|one, other| {
        let key = |message: usize| (briefs[message].subject, briefs[message].sent, message);
        key(*one).cmp(&key(*other))
    });
    let mut roots: Vec<usize> = Vec::new();
    for message in order {
        match roots.last() {
            Some(&root) if briefs[root].subject == briefs[message].subject => nodes[root].children.push(message),
            _ => roots.push(message),
        }
    }
    roots.sort_by_key(|root| (briefs[*root].sent, *root));
    Forest { nodes, roots }
}
