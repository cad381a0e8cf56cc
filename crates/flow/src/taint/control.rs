//! Control dependence: which branches decide whether a block runs. For implicit flows only.
//! Ferrante, Ottenstein, Warren: "The Program Dependence Graph and Its Use in Optimization".

use crate::cfg::Cfg;

/// Graphs with more blocks are not looked into.
const BLOCKS_MAX: usize = 2_000;

/// For each block the blocks whose branch at their end decides whether it runs.
pub(super) fn controllers(cfg: &Cfg) -> Vec<Vec<usize>> {
    let count = cfg.blocks.len();
    if count > BLOCKS_MAX {
        return vec![Vec::new(); count];
    }
    let after = post_dominators(cfg);
    let holds = |block: usize, of: usize| {
        after
            .get(of)
            .and_then(|set| set.get(block / 64))
            .is_some_and(|word| word >> (block % 64) & 1 == 1)
    };
    (0..count)
        .map(|block| {
            (0..count)
                .filter(|&branch| {
                    let successors = &cfg.blocks[branch].successors;
                    successors.len() > 1
                        && successors.iter().any(|next| holds(block, *next))
                        && !(block != branch && holds(block, branch))
                })
                .collect()
        })
        .collect()
}

/// The blocks through which every way from a block to the end leads, itself among them.
fn post_dominators(cfg: &Cfg) -> Vec<Vec<u64>> {
    let count = cfg.blocks.len();
    let words = count.div_ceil(64);
    let mut sets = vec![vec![u64::MAX; words]; count];
    let mut changed = true;
    while changed {
        changed = false;
        for &block in cfg.order.iter().rev() {
            let mut set = match cfg.blocks[block].successors.split_first() {
                None => vec![0; words],
                Some((first, rest)) => {
                    let mut set = sets[*first].clone();
                    for next in rest {
                        set.iter_mut().zip(&sets[*next]).for_each(|(mine, theirs)| *mine &= theirs);
                    }
                    set
                }
            };
            set[block / 64] |= 1 << (block % 64);
            if set != sets[block] {
                sets[block] = set;
                changed = true;
            }
        }
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfg::Block;

    /// A graph by the successors of each block, in the order in which they run.
    #[allow(clippy::field_reassign_with_default, reason = "the other fields are not ours")]
    fn graph(successors: &[&[usize]]) -> Cfg {
        let mut cfg = Cfg::default();
        cfg.blocks = successors
            .iter()
            .map(|next| Block { successors: next.to_vec(), ..Block::default() })
            .collect();
        cfg.order = (0..successors.len()).collect();
        cfg
    }

    #[test]
    fn a_branch_decides_its_sides_and_not_what_comes_after() {
        let none: Vec<usize> = Vec::new();
        let sides = graph(&[&[1, 2], &[3], &[3], &[]]);
        assert_eq!(controllers(&sides), [none.clone(), vec![0], vec![0], none.clone()]);
        // A loop decides its own next round.
        let again = graph(&[&[1], &[2, 3], &[1], &[]]);
        assert_eq!(controllers(&again), [none.clone(), vec![1], vec![1], none]);
    }
}
