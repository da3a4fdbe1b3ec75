//! Measures what a parser would build from HTML, before anything is built.
//!
//! Time to clean HTML grows with the square of its nesting, and a few bytes can make a parser rebuild
//! hundreds of open formatting elements again and again. So the tree builder runs first on a sink that
//! keeps no text and no attributes, in small portions, and stops when the tree gets too deep or large.

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, LocalName, Namespace, ParseOpts, QualName, local_name, ns, parse_fragment};
use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

/// Elements inside each other.
const DEEPEST: usize = 256;
/// Elements that the parser makes on top of one for each tag that is written.
const MOST_EXTRA: usize = 50_000;
/// Moves of a node from one parent to another.
const MOST_MOVES: usize = 2_000_000;
/// Bytes between two looks at the limits.
const PORTION: usize = 2048;

/// True where a tree of this HTML is no deeper than 256 elements and not much larger than its text.
pub(super) fn is_bounded(html: &str) -> bool {
    let state = Rc::new(State::default());
    let written = count_tags(html);
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let mut parser =
        parse_fragment(Gauge { state: Rc::clone(&state) }, ParseOpts::default(), context, Vec::new(), false);
    let mut rest = html;
    while !rest.is_empty() {
        let mut end = PORTION.min(rest.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (portion, later) = rest.split_at(end);
        parser.process(StrTendril::from_slice(portion));
        if state.is_over(written) {
            return false;
        }
        rest = later;
    }
    parser.finish();
    !state.is_over(written)
}

/// Every element that is written begins with `<`.
fn count_tags(html: &str) -> usize {
    html.bytes().filter(|&byte| byte == b'<').count()
}

struct Node {
    name: QualName,
    parent: Option<usize>,
    children: Vec<usize>,
}

#[derive(Default)]
struct State {
    nodes: RefCell<Vec<Node>>,
    elements: Cell<usize>,
    moves: Cell<usize>,
    /// Too deep, or something that no mail has a use for.
    refused: Cell<bool>,
}

impl State {
    fn is_over(&self, written: usize) -> bool {
        self.refused.get() || self.elements.get() > written + MOST_EXTRA || self.moves.get() > MOST_MOVES
    }

    fn add(&self, name: QualName) -> usize {
        self.elements.set(self.elements.get() + 1);
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { name, parent: None, children: Vec::new() });
        nodes.len() - 1
    }

    fn attach(&self, parent: usize, child: usize) {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(old) = nodes[child].parent {
            nodes[old].children.retain(|&sibling| sibling != child);
        }
        nodes[child].parent = Some(parent);
        nodes[parent].children.push(child);
        let mut depth = 0;
        let mut above = Some(parent);
        while let Some(node) = above {
            depth += 1;
            if depth > DEEPEST {
                self.refused.set(true);
                return;
            }
            above = nodes[node].parent;
        }
    }

    fn detach(&self, child: usize) {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(parent) = nodes[child].parent.take() {
            self.moves.set(self.moves.get() + nodes[parent].children.len());
            nodes[parent].children.retain(|&sibling| sibling != child);
        }
    }

    /// Nodes below may have got deeper by a move: looks at all of them.
    fn check_below(&self, top: usize) {
        let nodes = self.nodes.borrow();
        let mut depth = 0;
        let mut above = nodes[top].parent;
        while let Some(node) = above {
            depth += 1;
            if depth > DEEPEST {
                return self.refused.set(true);
            }
            above = nodes[node].parent;
        }
        let mut open = vec![(top, depth)];
        while let Some((node, depth)) = open.pop() {
            self.moves.set(self.moves.get() + 1);
            if depth > DEEPEST || self.moves.get() > MOST_MOVES {
                return self.refused.set(true);
            }
            open.extend(nodes[node].children.iter().map(|&child| (child, depth + 1)));
        }
    }
}

struct Gauge {
    state: Rc<State>,
}

#[derive(Debug)]
struct Name<'a>(Ref<'a, QualName>);

impl html5ever::interface::ElemName for Name<'_> {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Gauge {
    type Handle = usize;
    type Output = ();
    type ElemName<'a> = Name<'a>;

    fn finish(self) {}

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        if self.state.nodes.borrow().is_empty() {
            self.state.add(QualName::new(None, ns!(), local_name!("")));
        }
        0
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Name<'a> {
        Name(Ref::map(self.state.nodes.borrow(), |nodes| &nodes[*target].name))
    }

    fn create_element(&self, name: QualName, _attrs: Vec<Attribute>, _flags: ElementFlags) -> usize {
        // Its content is a copy of another element's, made anew each time: growth without bound.
        if &*name.local == "selectedcontent" {
            self.state.refused.set(true);
        }
        self.get_document();
        self.state.add(name)
    }

    fn create_comment(&self, _text: StrTendril) -> usize {
        self.state.add(QualName::new(None, ns!(), local_name!("")))
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> usize {
        self.state.add(QualName::new(None, ns!(), local_name!("")))
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        if let NodeOrText::AppendNode(child) = child {
            self.state.attach(*parent, child);
        }
    }

    fn append_based_on_parent_node(&self, element: &usize, prev_element: &usize, child: NodeOrText<usize>) {
        let has_parent = self.state.nodes.borrow()[*element].parent.is_some();
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(prev_element, child);
        }
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public_id: StrTendril, _system_id: StrTendril) {}

    fn get_template_contents(&self, target: &usize) -> usize {
        *target
    }

    fn same_node(&self, x: &usize, y: &usize) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, new_node: NodeOrText<usize>) {
        let parent = self.state.nodes.borrow()[*sibling].parent;
        if let (Some(parent), NodeOrText::AppendNode(child)) = (parent, new_node) {
            self.state.attach(parent, child);
        }
    }

    fn add_attrs_if_missing(&self, _target: &usize, _attrs: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &usize) {
        self.state.detach(*target);
    }

    fn reparent_children(&self, node: &usize, new_parent: &usize) {
        {
            let mut nodes = self.state.nodes.borrow_mut();
            let children = std::mem::take(&mut nodes[*node].children);
            for &child in &children {
                nodes[child].parent = Some(*new_parent);
            }
            nodes[*new_parent].children.extend(children);
        }
        self.state.check_below(*new_parent);
    }
}
