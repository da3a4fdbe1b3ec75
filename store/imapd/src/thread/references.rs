//! THREAD=REFERENCES (RFC 5256 §3), step by step, and THREAD=REFS, which does not look at subjects.

use std::hash::BuildHasherDefault;
use std::sync::Arc;

use imap_wire::sort::Algorithm;

use super::name::{Name, Table};
use super::{Brief, Facts, Forest, Node};

/// Threads in order.
pub(super) fn threads(algorithm: Algorithm, facts: &[Arc<Facts>], briefs: &[Brief]) -> Forest {
    let mut links = Links::of(facts);
    links.read(facts);
    let mut forest = Forest { nodes: links.pruned(), roots: Vec::new() };
    for node in &mut forest.nodes {
        sort(&mut node.children, briefs);
    }
    forest.roots = links.roots(&forest.nodes);
    match algorithm {
        Algorithm::Refs => forest.sort_by_latest(briefs),
        Algorithm::References | Algorithm::OrderedSubject => {
            forest.sort_roots(briefs);
            forest.gather_subjects(briefs);
            forest.sort_roots(briefs);
        }
    }
    forest
}

/// Messages below another are there, so they are nodes of the same number.
fn sort(messages: &mut [usize], briefs: &[Brief]) {
    messages.sort_unstable_by_key(|message| (briefs[*message].sent, *message));
}

/// Step 1: who is whose child. The first nodes are the messages, dummies follow.
struct Links {
    messages: usize,
    parents: Vec<Option<usize>>,
    /// How many children each has.
    children: Vec<u32>,
    ids: Table,
}

impl Links {
    /// Of equal message IDs the first message's counts; the others are as good as without one.
    fn of(facts: &[Arc<Facts>]) -> Self {
        let mut ids = Table::with_capacity_and_hasher(facts.len(), BuildHasherDefault::default());
        for (message, fact) in facts.iter().enumerate().filter(|(_, fact)| !fact.id.is_none()) {
            ids.entry(fact.id).or_insert(message);
        }
        Self { messages: facts.len(), parents: vec![None; facts.len()], children: vec![0; facts.len()], ids }
    }

    fn read(&mut self, facts: &[Arc<Facts>]) {
        for (message, fact) in facts.iter().enumerate() {
            let mut last = None;
            for id in &fact.references {
                let node = self.node(*id);
                // Step 1.A: a link that is there already stays.
                if let Some(parent) = last
                    && self.parents[node].is_none()
                {
                    self.link(parent, node);
                }
                last = Some(node);
            }
            // Step 1.B: the last reference is the parent, whatever was linked before.
            if let Some(before) = self.parents[message].take() {
                self.children[before] -= 1;
            }
            if let Some(parent) = last {
                self.link(parent, message);
            }
        }
    }

    /// The message with that ID, or a dummy.
    fn node(&mut self, id: Name) -> usize {
        let (parents, children) = (&mut self.parents, &mut self.children);
        *self.ids.entry(id).or_insert_with(|| {
            parents.push(None);
            children.push(0);
            parents.len() - 1
        })
    }

    /// Makes a link unless that would make a loop.
    fn link(&mut self, parent: usize, child: usize) {
        if parent == child || (self.children[child] > 0 && self.descends(parent, child)) {
            return;
        }
        self.parents[child] = Some(parent);
        self.children[parent] += 1;
    }

    fn descends(&self, mut node: usize, from: usize) -> bool {
        while let Some(parent) = self.parents[node] {
            if parent == from {
                return true;
            }
            node = parent;
        }
        false
    }

    /// Steps 2 and 3: every message is a child of its nearest ancestor that is there, or of the topmost dummy.
    fn pruned(&self) -> Vec<Node> {
        let real = |node: usize| node < self.messages;
        let mut nodes: Vec<Node> = (0..self.parents.len())
            .map(|node| Node { message: real(node).then_some(node), children: Vec::new() })
            .collect();
        // Where the children of a dummy go; found once for each.
        let mut homes: Vec<Option<usize>> = vec![None; self.parents.len()];
        for message in 0..self.messages {
            let Some(parent) = self.parents[message] else { continue };
            let mut home = parent;
            let mut passed = Vec::new();
            while !real(home) {
                if let Some(known) = homes[home] {
                    home = known;
                    break;
                }
                let Some(above) = self.parents[home] else { break };
                passed.push(home);
                home = above;
            }
            for dummy in passed {
                homes[dummy] = Some(home);
            }
            nodes[home].children.push(message);
        }
        nodes
    }

    /// The messages without a parent, the dummies with several children, and the only children of others.
    fn roots(&self, nodes: &[Node]) -> Vec<usize> {
        let tops = (0..nodes.len()).filter(|node| self.parents[*node].is_none());
        tops.filter_map(|node| match (nodes[node].message, nodes[node].children.as_slice()) {
            (Some(_), _) => Some(node),
            (None, []) => None,
            (None, [only]) => Some(*only),
            (None, _) => Some(node),
        })
        .collect()
    }
}

/// What a thread says of itself at its top.
struct Top {
    is_dummy: bool,
    is_reply: bool,
    subject: Name,
}

impl Forest {
    /// The message that stands for a thread: its top, or the first child of a dummy.
    fn first(&self, root: usize) -> usize {
        let node = &self.nodes[root];
        node.message.or(node.children.first().copied()).unwrap_or(0)
    }

    /// Step 4: by sent date.
    fn sort_roots(&mut self, briefs: &[Brief]) {
        let keyed = self.roots.iter().map(|root| {
            let first = self.first(*root);
            (briefs[first].sent, first, *root)
        });
        let mut keyed: Vec<(i64, usize, usize)> = keyed.collect();
        keyed.sort_unstable();
        self.roots = keyed.into_iter().map(|(.., root)| root).collect();
    }

    /// Threads by their latest arrival, as REFS has it.
    fn sort_by_latest(&mut self, briefs: &[Brief]) {
        let mut keyed: Vec<((i64, usize), usize)> = self
            .roots
            .iter()
            .map(|root| {
                let mut latest = i64::MIN;
                let mut left = vec![*root];
                while let Some(node) = left.pop() {
                    latest = latest.max(self.nodes[node].message.map_or(i64::MIN, |message| briefs[message].arrival));
                    left.extend(&self.nodes[node].children);
                }
                ((latest, self.first(*root)), *root)
            })
            .collect();
        keyed.sort_unstable();
        self.roots = keyed.into_iter().map(|(_, root)| root).collect();
    }

    fn top(&self, root: usize, briefs: &[Brief]) -> Top {
        let first = briefs[self.first(root)];
        let is_dummy = self.nodes[root].message.is_none();
        Top { is_dummy, is_reply: !is_dummy && first.is_reply, subject: first.subject }
    }

    /// Step 5: threads with the same base subject become one.
    fn gather_subjects(&mut self, briefs: &[Brief]) {
        let mut table = Table::default();
        for &root in &self.roots {
            let top = self.top(root, briefs);
            if top.subject.is_none() {
                continue;
            }
            let kept = table.entry(top.subject).or_insert(root);
            let before = self.top(*kept, briefs);
            if !before.is_dummy && (top.is_dummy || (before.is_reply && !top.is_reply)) {
                *kept = root;
            }
        }
        let roots = std::mem::take(&mut self.roots);
        // Those that are at the top when all is done; a new dummy stands where its second child stood.
        let mut kept_roots = Vec::with_capacity(roots.len());
        let mut below = vec![false; self.nodes.len()];
        for root in roots {
            let top = self.top(root, briefs);
            let Some(kept) = table.get_mut(&top.subject).filter(|kept| **kept != root) else {
                kept_roots.push(root);
                continue;
            };
            let other = self.top(*kept, briefs);
            if other.is_dummy {
                let joining = if top.is_dummy { std::mem::take(&mut self.nodes[root].children) } else { vec![root] };
                self.nodes[*kept].children.extend(joining);
                sort(&mut self.nodes[*kept].children, briefs);
            } else if top.is_reply && !other.is_reply {
                self.nodes[*kept].children.push(root);
                sort(&mut self.nodes[*kept].children, briefs);
            } else {
                let mut children = vec![*kept, root];
                sort(&mut children, briefs);
                below[*kept] = true;
                *kept = self.nodes.len();
                kept_roots.push(*kept);
                self.nodes.push(Node { message: None, children });
            }
        }
        kept_roots.retain(|root| !below.get(*root).copied().unwrap_or(false));
        self.roots = kept_roots;
    }
}
