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

/// Blocks of a body in program order; block 0 is the entry.
#[derive(Debug, Clone, Default)]
pub struct Cfg {
    pub blocks: Vec<Block>,
    /// Reachable blocks in reverse post-order.
    pub order: Vec<usize>,
    /// Immediate dominator of each block; the entry's is itself, `None` when unreachable.
    dominator: Vec<Option<usize>>,
    in_loop: Vec<bool>,
}

impl Cfg {
    pub fn build(body: &Body) -> Self {
        let leaders = leaders(body);
        let mut block_of = vec![0usize; body.insns.len()];
        let mut blocks: Vec<Block> = Vec::new();
        for (index, slot) in block_of.iter_mut().enumerate() {
            if leaders.get(index) == Some(&true) || blocks.is_empty() {
                blocks.push(Block { start: index, end: index, ..Block::default() });
            }
            let current = blocks.len().saturating_sub(1);
            *slot = current;
            if let Some(block) = blocks.get_mut(current) {
                block.end = index + 1;
            }
        }
        let block_at = |insn: usize| block_of.get(insn).copied();
        for block in &mut blocks {
            let (start, end) = (block.start, block.end);
            let mut successors = Vec::new();
            let mut add = |target: Option<usize>| {
                if let Some(target) = target
                    && !successors.contains(&target)
                {
                    successors.push(target);
                }
            };
            match body.insns.get(end.saturating_sub(1)).map(|insn| &insn.op) {
                Some(Op::Branch { target, .. }) => {
                    add(block_at(*target));
                    add(block_at(end));
                }
                Some(Op::Jump { target }) => add(block_at(*target)),
                Some(Op::Switch { targets, .. }) => {
                    targets.iter().for_each(|(_, target)| add(block_at(*target)));
                    add(block_at(end));
                }
                Some(Op::Return { .. } | Op::Throw { .. }) | None => {}
                Some(_) => add(block_at(end)),
            }
            let mut exceptional = Vec::new();
            for handler in &body.handlers {
                if handler.start < end
                    && start < handler.end
                    && let Some(target) = block_at(handler.target)
                    && !exceptional.contains(&target)
                {
                    exceptional.push(target);
                }
            }
            block.successors = successors;
            block.exceptional = exceptional;
        }
        for number in 0..blocks.len() {
            let targets: Vec<usize> = blocks[number]
                .successors
                .iter()
                .chain(&blocks[number].exceptional)
                .copied()
                .collect();
            for target in targets {
                if let Some(block) = blocks.get_mut(target)
                    && !block.predecessors.contains(&number)
                {
                    block.predecessors.push(number);
                }
            }
        }
        let mut cfg = Self { blocks, ..Self::default() };
        cfg.order = cfg.reverse_post_order();
        cfg.dominator = cfg.dominators();
        cfg.in_loop = cfg.loops();
        cfg
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

    fn reverse_post_order(&self) -> Vec<usize> {
        let mut seen = vec![false; self.blocks.len()];
        let mut order = Vec::with_capacity(self.blocks.len());
        if self.blocks.is_empty() {
            return order;
        }
        seen[0] = true;
        let mut stack = vec![(0usize, 0usize)];
        while let Some((block, edge)) = stack.pop() {
            let edges = &self.blocks[block];
            let target = edges.successors.iter().chain(&edges.exceptional).nth(edge).copied();
            match target {
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
    fn dominators(&self) -> Vec<Option<usize>> {
        let mut position = vec![usize::MAX; self.blocks.len()];
        for (at, block) in self.order.iter().enumerate() {
            position[*block] = at;
        }
        let mut dominator: Vec<Option<usize>> = vec![None; self.blocks.len()];
        if self.blocks.is_empty() {
            return dominator;
        }
        dominator[0] = Some(0);
        let mut changed = true;
        while changed {
            changed = false;
            for &block in self.order.iter().skip(1) {
                let mut new: Option<usize> = None;
                for &pred in &self.blocks[block].predecessors {
                    if dominator[pred].is_none() {
                        continue;
                    }
                    new = Some(match new {
                        None => pred,
                        Some(other) => intersect(&dominator, &position, pred, other),
                    });
                }
                if new.is_some() && dominator[block] != new {
                    dominator[block] = new;
                    changed = true;
                }
            }
        }
        dominator
    }

    /// Blocks of natural loops.
    fn loops(&self) -> Vec<bool> {
        let mut marked = vec![false; self.blocks.len()];
        for &tail in &self.order {
            for &head in &self.blocks[tail].successors {
                if !self.dominates(head, tail) {
                    continue;
                }
                let mut member = vec![false; self.blocks.len()];
                member[head] = true;
                let mut stack = vec![tail];
                while let Some(block) = stack.pop() {
                    if std::mem::replace(&mut member[block], true) {
                        continue;
                    }
                    stack.extend(&self.blocks[block].predecessors);
                }
                for (mark, is_member) in marked.iter_mut().zip(member) {
                    *mark |= is_member;
                }
            }
        }
        marked
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

fn intersect(dominator: &[Option<usize>], position: &[usize], a: usize, b: usize) -> usize {
    let (mut a, mut b) = (a, b);
    while a != b {
        while position[a] > position[b] {
            match dominator[a] {
                Some(up) if up != a => a = up,
                _ => return b,
            }
        }
        while position[b] > position[a] {
            match dominator[b] {
                Some(up) if up != b => b = up,
                _ => return a,
            }
        }
    }
    a
}
