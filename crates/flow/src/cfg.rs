//! Control flow of one method: blocks, dominators, loops. Exceptional edges lead from every
//! block of a protected range to its handlers.

use crate::ir::{Body, Op};

/// A maximal run of operations entered only at its start.
#[derive(Debug, Clone, Default)]
pub struct Block {
    pub start: usize,
    pub end: usize,
    /// Normal successors: the branch target first, then the fall-through.
    pub successors: Vec<usize>,
    /// Handlers that an exception in this block may reach.
    pub exceptional: Vec<usize>,
    pub predecessors: Vec<usize>,
}

/// Edges of one graph. A body with more is not analysed.
const EDGES_MAX: usize = 400_000;
/// Steps up the dominator tree while it is built.
const DOMINATOR_STEPS_MAX: usize = 20_000_000;

/// Blocks of a body in program order; block 0 is the entry.
#[derive(Debug, Clone, Default)]
pub struct Cfg {
    pub blocks: Vec<Block>,
    /// Reachable blocks in reverse post-order.
    pub order: Vec<usize>,
    /// Immediate dominator of each block; the entry's is itself, `None` when unreachable.
    dominator: Vec<Option<usize>>,
    in_loop: Vec<bool>,
    /// A limit was reached: edges or dominators are missing.
    incomplete: bool,
}

impl Cfg {
    /// The block that begins at the operation.
    pub fn block_at(&self, start: usize) -> Option<usize> {
        self.blocks.iter().position(|block| block.start == start)
    }

    pub fn build(body: &Body) -> Self {
        let mut cfg = Self::default();
        let block_of = cfg.split(body);
        cfg.connect(body, &block_of);
        if cfg.incomplete {
            return cfg;
        }
        cfg.order = cfg.reverse_post_order();
        let mut position = vec![usize::MAX; cfg.blocks.len()];
        for (at, block) in cfg.order.iter().enumerate() {
            position[*block] = at;
        }
        cfg.dominators(&position);
        cfg.in_loop = cfg.cycles(&position);
        cfg
    }

    /// Whether the graph holds all edges of the body. One that does not must not be analysed.
    pub fn is_complete(&self) -> bool {
        !self.incomplete
    }

    /// Makes the blocks; gives the block of each operation.
    fn split(&mut self, body: &Body) -> Vec<usize> {
        let leaders = leaders(body);
        let mut block_of = vec![0usize; body.insns.len()];
        for (index, slot) in block_of.iter_mut().enumerate() {
            if leaders.get(index) == Some(&true) || self.blocks.is_empty() {
                self.blocks.push(Block { start: index, end: index, ..Block::default() });
            }
            let current = self.blocks.len().saturating_sub(1);
            *slot = current;
            if let Some(block) = self.blocks.get_mut(current) {
                block.end = index + 1;
            }
        }
        block_of
    }

    fn connect(&mut self, body: &Body, block_of: &[usize]) {
        let block_at = |insn: usize| block_of.get(insn).copied();
        // The block that an edge to this one was last made from: no edge is made twice.
        let mut normal = vec![usize::MAX; self.blocks.len()];
        let mut exceptional = normal.clone();
        let mut edges = 0usize;
        for number in 0..self.blocks.len() {
            let (start, end) = (self.blocks[number].start, self.blocks[number].end);
            let mut add = |this: &mut Self, target: Option<usize>| {
                let Some(target) = target else { return };
                if std::mem::replace(&mut normal[target], number) != number {
                    edges += 1;
                    this.blocks[number].successors.push(target);
                    this.blocks[target].predecessors.push(number);
                }
            };
            match body.insns.get(end.saturating_sub(1)).map(|insn| &insn.op) {
                Some(Op::Branch { target, .. }) => {
                    add(self, block_at(*target));
                    add(self, block_at(end));
                }
                Some(Op::Jump { target }) => add(self, block_at(*target)),
                Some(Op::Switch { targets, .. }) => {
                    targets.iter().for_each(|(_, target)| add(self, block_at(*target)));
                    add(self, block_at(end));
                }
                Some(Op::Return { .. } | Op::Throw { .. }) | None => {}
                Some(_) => add(self, block_at(end)),
            }
            for handler in &body.handlers {
                if handler.start < end
                    && start < handler.end
                    && let Some(target) = block_at(handler.target)
                    && std::mem::replace(&mut exceptional[target], number) != number
                {
                    edges += 1;
                    self.blocks[number].exceptional.push(target);
                    if normal[target] != number {
                        self.blocks[target].predecessors.push(number);
                    }
                }
            }
            if edges > EDGES_MAX {
                self.incomplete = true;
                return;
            }
        }
    }

    pub fn in_loop(&self, block: usize) -> bool {
        self.in_loop.get(block).copied().unwrap_or(false)
    }

    /// Whether every path from the entry to `block` passes `candidate`.
    pub fn dominates(&self, candidate: usize, block: usize) -> bool {
        let mut at = block;
        loop {
            if at == candidate {
                return true;
            }
            match self.dominator.get(at).copied().flatten() {
                Some(next) if next != at => at = next,
                _ => return false,
            }
        }
    }

    /// Dominators of `block` from itself up to the entry.
    pub fn dominator_chain(&self, block: usize) -> impl Iterator<Item = usize> + '_ {
        let mut next = Some(block);
        std::iter::from_fn(move || {
            let at = next?;
            next = self.dominator.get(at).copied().flatten().filter(|up| *up != at);
            Some(at)
        })
    }

    /// The normal successors, then the exceptional ones.
    fn edge(&self, block: usize, number: usize) -> Option<usize> {
        let edges = self.blocks.get(block)?;
        let behind = number.checked_sub(edges.successors.len());
        match behind {
            Some(number) => edges.exceptional.get(number).copied(),
            None => edges.successors.get(number).copied(),
        }
    }

    fn reverse_post_order(&self) -> Vec<usize> {
        let mut seen = vec![false; self.blocks.len()];
        let mut order = Vec::with_capacity(self.blocks.len());
        if self.blocks.is_empty() {
            return order;
        }
        seen[0] = true;
        let mut stack = vec![(0usize, 0usize)];
        while let Some((block, edge)) = stack.pop() {
            match self.edge(block, edge) {
                Some(target) => {
                    stack.push((block, edge + 1));
                    if let Some(flag) = seen.get_mut(target)
                        && !*flag
                    {
                        *flag = true;
                        stack.push((target, 0));
                    }
                }
                None => order.push(block),
            }
        }
        order.reverse();
        order
    }

    /// Cooper, Harvey and Kennedy: "A Simple, Fast Dominance Algorithm".
    fn dominators(&mut self, position: &[usize]) {
        let mut dominator: Vec<Option<usize>> = vec![None; self.blocks.len()];
        if let Some(entry) = dominator.first_mut() {
            *entry = Some(0);
        }
        let mut steps = 0usize;
        let mut changed = true;
        while changed && steps <= DOMINATOR_STEPS_MAX {
            changed = false;
            for &block in self.order.iter().skip(1) {
                let mut new: Option<usize> = None;
                for &pred in &self.blocks[block].predecessors {
                    if dominator[pred].is_none() {
                        continue;
                    }
                    new = Some(match new {
                        None => pred,
                        Some(other) => intersect(&dominator, position, pred, other, &mut steps),
                    });
                }
                if new.is_some() && dominator[block] != new {
                    dominator[block] = new;
                    changed = true;
                }
            }
        }
        self.incomplete |= changed;
        self.dominator = dominator;
    }

    /// Blocks that control can come back to: those of strongly connected components with an edge
    /// inside (Tarjan). Exceptional edges that lead back do not count: the handler of a
    /// `synchronized` protects itself.
    fn cycles(&self, position: &[usize]) -> Vec<bool> {
        let count = self.blocks.len();
        let mut in_cycle = vec![false; count];
        let mut number = vec![usize::MAX; count];
        let mut lowest = vec![usize::MAX; count];
        let mut on_stack = vec![false; count];
        let mut component: Vec<usize> = Vec::new();
        let mut next = 0usize;
        let mut stack: Vec<(usize, usize)> = Vec::new();
        if let Some(&entry) = self.order.first() {
            stack.push((entry, 0));
        }
        while let Some((block, edge)) = stack.pop() {
            if edge == 0 {
                number[block] = next;
                lowest[block] = next;
                next += 1;
                on_stack[block] = true;
                component.push(block);
            }
            if let Some(target) = self.edge(block, edge) {
                stack.push((block, edge + 1));
                let exceptional = edge >= self.blocks[block].successors.len();
                if exceptional && position[target] <= position[block] {
                    continue;
                }
                if number[target] == usize::MAX {
                    stack.push((target, 0));
                } else if on_stack[target] {
                    lowest[block] = lowest[block].min(number[target]);
                    in_cycle[block] |= target == block;
                }
                continue;
            }
            if let Some((parent, _)) = stack.last() {
                lowest[*parent] = lowest[*parent].min(lowest[block]);
            }
            if lowest[block] == number[block] {
                let start = component.iter().rposition(|member| *member == block).unwrap_or(0);
                let several = component.len() > start + 1;
                for member in component.drain(start..) {
                    on_stack[member] = false;
                    in_cycle[member] |= several;
                }
            }
        }
        in_cycle
    }
}

fn leaders(body: &Body) -> Vec<bool> {
    let mut leaders = vec![false; body.insns.len()];
    let mut mark = |index: usize| {
        if let Some(flag) = leaders.get_mut(index) {
            *flag = true;
        }
    };
    mark(0);
    for (index, insn) in body.insns.iter().enumerate() {
        match &insn.op {
            Op::Branch { target, .. } | Op::Jump { target } => {
                mark(*target);
                mark(index + 1);
            }
            Op::Switch { targets, .. } => {
                targets.iter().for_each(|(_, target)| mark(*target));
                mark(index + 1);
            }
            Op::Return { .. } | Op::Throw { .. } => mark(index + 1),
            _ => {}
        }
    }
    for handler in &body.handlers {
        mark(handler.start);
        mark(handler.end);
        mark(handler.target);
    }
    leaders
}

fn intersect(
    dominator: &[Option<usize>],
    position: &[usize],
    a: usize,
    b: usize,
    steps: &mut usize,
) -> usize {
    let (mut a, mut b) = (a, b);
    while a != b && *steps <= DOMINATOR_STEPS_MAX {
        while position[a] > position[b] {
            *steps += 1;
            match dominator[a] {
                Some(up) if up != a => a = up,
                _ => return b,
            }
        }
        while position[b] > position[a] {
            *steps += 1;
            match dominator[b] {
                Some(up) if up != b => b = up,
                _ => return a,
            }
        }
    }
    a
}
