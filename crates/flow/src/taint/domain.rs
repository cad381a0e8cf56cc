//! What the taint analysis knows of a value and of the heap at a point of the program.
//!
//! A value is a small set of constants and objects, perhaps open to others, with the sources that
//! it carries. The heap maps a cell (object and key) to a value; it is persistent, so that keeping
//! a state for each block costs what changed and not what there is.

use imbl::OrdMap;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Constants that one value keeps before it is only known to be open.
const CONSTANTS_MAX: usize = 8;
/// Objects that one value keeps.
const OBJECTS_MAX: usize = 48;
/// Steps kept of one trail.
const TRAIL_MAX: u32 = 40;

/// An interned text: a field name, a map key.
pub(super) type Symbol = u32;
/// Number of an abstract object.
pub(super) type ObjId = u32;
/// Number of a source call.
pub(super) type SourceId = u32;

/// One thing that a value can be. Null and zero are the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Atom {
    Int(i64),
    Str(Rc<str>),
    Class(Rc<str>),
    Object(ObjId),
}

/// Where a tainted value has been, newest step first.
#[derive(Debug)]
pub(super) struct Trail {
    pub(super) step: Step,
    pub(super) before: Option<Rc<Trail>>,
    length: u32,
}

/// One step of a trail.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Step {
    pub(super) method: u32,
    pub(super) pc: u32,
    pub(super) what: StepKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum StepKind {
    Source,
    /// Handed to a method of the app.
    Argument,
    /// Written into a field, an array, a container.
    Store,
    /// Through a method of the platform or a library.
    Library,
    Sink,
}

/// The sources that a value carries, each with the way it came. Sets are equal when their
/// sources are: the first way found is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Taint(Option<Rc<BTreeMap<SourceId, Rc<Trail>>>>);

impl PartialEq for Taint {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Rc::ptr_eq(a, b) || a.keys().eq(b.keys()),
            _ => false,
        }
    }
}

impl Taint {
    pub(super) fn source(source: SourceId, step: Step) -> Self {
        let trail = Rc::new(Trail { step, before: None, length: 1 });
        Self(Some(Rc::new(BTreeMap::from([(source, trail)]))))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = (SourceId, &Rc<Trail>)> {
        self.0.iter().flat_map(|map| map.iter().map(|(source, trail)| (*source, trail)))
    }

    /// Adds the sources of the other; whether any was new.
    pub(super) fn add(&mut self, other: &Self) -> bool {
        let Some(theirs) = &other.0 else { return false };
        match &mut self.0 {
            None => {
                self.0 = Some(Rc::clone(theirs));
                true
            }
            Some(mine) => {
                if Rc::ptr_eq(mine, theirs) || theirs.keys().all(|source| mine.contains_key(source))
                {
                    return false;
                }
                let mine = Rc::make_mut(mine);
                for (source, trail) in theirs.iter() {
                    mine.entry(*source).or_insert_with(|| Rc::clone(trail));
                }
                true
            }
        }
    }

    /// The same sources, each a step further.
    pub(super) fn stepped(&self, step: &Step) -> Self {
        let Some(map) = &self.0 else { return Self(None) };
        let further = map
            .iter()
            .map(|(source, trail)| {
                if trail.length >= TRAIL_MAX || trail.step == *step {
                    return (*source, Rc::clone(trail));
                }
                let next = Trail {
                    step: step.clone(),
                    before: Some(Rc::clone(trail)),
                    length: trail.length + 1,
                };
                (*source, Rc::new(next))
            })
            .collect();
        Self(Some(Rc::new(further)))
    }
}

impl Trail {
    /// The steps from the source on.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = vec![self.step.clone()];
        let mut at = &self.before;
        while let Some(trail) = at {
            steps.push(trail.step.clone());
            at = &trail.before;
        }
        steps.reverse();
        steps
    }
}

/// What a register or a cell holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Value {
    /// Sorted, without repeats.
    atoms: Rc<[Atom]>,
    /// It may be something else too.
    pub(super) open: bool,
    pub(super) taint: Taint,
}

impl Value {
    /// Nothing is known.
    pub(super) fn open() -> Self {
        Self { atoms: Rc::new([]), open: true, taint: Taint::default() }
    }

    pub(super) fn tainted(taint: Taint) -> Self {
        Self { taint, ..Self::open() }
    }

    pub(super) fn atom(atom: Atom) -> Self {
        Self { atoms: Rc::new([atom]), open: false, taint: Taint::default() }
    }

    pub(super) fn int(value: i64) -> Self {
        Self::atom(Atom::Int(value))
    }

    pub(super) fn null() -> Self {
        Self::int(0)
    }

    pub(super) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::atom(Atom::Str(text.into()))
    }

    pub(super) fn object(object: ObjId) -> Self {
        Self::atom(Atom::Object(object))
    }

    pub(super) fn with(mut self, taint: &Taint) -> Self {
        self.taint.add(taint);
        self
    }

    pub(super) fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = ObjId> {
        self.atoms.iter().filter_map(|atom| match atom {
            Atom::Object(object) => Some(*object),
            _ => None,
        })
    }

    /// The one thing that it is.
    pub(super) fn single(&self) -> Option<&Atom> {
        match (&*self.atoms, self.open) {
            ([one], false) => Some(one),
            _ => None,
        }
    }

    pub(super) fn as_int(&self) -> Option<i64> {
        match self.single() {
            Some(Atom::Int(value)) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&Rc<str>> {
        match self.single() {
            Some(Atom::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// All texts that it may be, when it can be nothing else but null.
    pub(super) fn texts(&self) -> Option<Vec<Rc<str>>> {
        if self.open {
            return None;
        }
        let texts: Vec<Rc<str>> = self
            .atoms
            .iter()
            .filter_map(|atom| match atom {
                Atom::Str(text) => Some(Rc::clone(text)),
                _ => None,
            })
            .collect();
        let others = self.atoms.iter().any(|atom| !matches!(atom, Atom::Str(_) | Atom::Int(0)));
        (!texts.is_empty() && !others).then_some(texts)
    }

    /// Adds what the other may be; whether anything changed.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut changed = self.taint.add(&other.taint);
        if other.open && !self.open {
            self.open = true;
            changed = true;
        }
        if Rc::ptr_eq(&self.atoms, &other.atoms)
            || other.atoms.iter().all(|atom| self.atoms.binary_search(atom).is_ok())
        {
            return changed;
        }
        let mut all: Vec<Atom> = self.atoms.iter().chain(other.atoms.iter()).cloned().collect();
        all.sort();
        all.dedup();
        if limit(&mut all) {
            self.open = true;
        }
        changed |= *all != *self.atoms;
        self.atoms = all.into();
        changed
    }

    /// Gives up the numbers and texts, which a loop may change for ever.
    pub(super) fn widen(&mut self) {
        if self.atoms.iter().any(|atom| matches!(atom, Atom::Int(_) | Atom::Str(_))) {
            let kept: Vec<Atom> = self
                .atoms
                .iter()
                .filter(|atom| !matches!(atom, Atom::Int(_) | Atom::Str(_)))
                .cloned()
                .collect();
            self.atoms = kept.into();
            self.open = true;
        }
    }
}

/// Drops what is over the limits; whether anything was dropped.
fn limit(atoms: &mut Vec<Atom>) -> bool {
    let before = atoms.len();
    let constants = atoms.iter().filter(|atom| !matches!(atom, Atom::Object(_))).count();
    if constants > CONSTANTS_MAX {
        atoms.retain(|atom| matches!(atom, Atom::Object(_)));
    }
    if before - constants > OBJECTS_MAX {
        let mut kept = 0;
        atoms.retain(|atom| {
            let object = matches!(atom, Atom::Object(_));
            kept += usize::from(object);
            !object || kept <= OBJECTS_MAX
        });
    }
    atoms.len() < before
}

/// What a cell of an object is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    /// The object exists on this path.
    Made,
    Field(Symbol),
    /// Element of an array or a list whose position is known.
    Index(i64),
    /// Value under a constant key of a map.
    Entry(Symbol),
    /// Elements and values whose position or key is not known.
    Elements,
    /// What the object is made of, for those whose inside is not followed: a builder, a stream.
    Content,
    /// Length of an array, size of a list.
    Size,
    /// The object inside: of a stream, an iterator, a handler.
    Inner,
    /// The class's initialiser has run.
    Initialised,
}

/// All cells on one path.
#[derive(Debug, Clone, Default)]
pub(super) struct Heap(OrdMap<(ObjId, Key), Value>);

impl Heap {
    pub(super) fn get(&self, object: ObjId, key: &Key) -> Option<&Value> {
        self.0.get(&(object, key.clone()))
    }

    /// Replaces the cell.
    pub(super) fn set(&mut self, object: ObjId, key: Key, value: Value) {
        let cell = (object, key);
        if self.0.get(&cell) != Some(&value) {
            self.0.insert(cell, value);
        }
    }

    /// Adds to the cell what the value may be.
    pub(super) fn add(&mut self, object: ObjId, key: Key, value: &Value) {
        let cell = (object, key);
        match self.0.get(&cell) {
            Some(before) => {
                let mut joined = before.clone();
                if joined.join(value) {
                    self.0.insert(cell, joined);
                }
            }
            None => {
                self.0.insert(cell, value.clone());
            }
        }
    }

    pub(super) fn remove(&mut self, object: ObjId, key: &Key) {
        self.0.remove(&(object, key.clone()));
    }

    /// The cells of an object.
    pub(super) fn cells(&self, object: ObjId) -> impl Iterator<Item = (&Key, &Value)> {
        self.0
            .range((object, Key::Made)..(object + 1, Key::Made))
            .map(|((_, key), value)| (key, value))
    }

    /// Removes the cells of an object.
    pub(super) fn clear(&mut self, object: ObjId) {
        let keys: Vec<Key> = self.cells(object).map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.0.remove(&(object, key));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }

    /// Adds the other path; whether anything changed. A cell of an object that exists on both
    /// paths but was written on one only may still hold zero.
    /// `widen` gives up the numbers and texts of cells that change.
    pub(super) fn join(
        &mut self,
        other: &Self,
        starts_zero: &dyn Fn(ObjId, &Key) -> bool,
        widen: bool,
    ) -> bool {
        if self.0.ptr_eq(&other.0) {
            return false;
        }
        let mut changes: Vec<((ObjId, Key), Value)> = Vec::new();
        for item in self.0.diff(&other.0) {
            match item {
                imbl::ordmap::DiffItem::Add((object, key), theirs) => {
                    let mut value = theirs.clone();
                    if self.get(*object, &Key::Made).is_some() && starts_zero(*object, key) {
                        value.join(&Value::null());
                    }
                    changes.push(((*object, key.clone()), value));
                }
                imbl::ordmap::DiffItem::Update { old: (cell, mine), new: (_, theirs) } => {
                    let mut value = mine.clone();
                    if value.join(theirs) {
                        changes.push((cell.clone(), value));
                    }
                }
                imbl::ordmap::DiffItem::Remove((object, key), mine) => {
                    if other.get(*object, &Key::Made).is_some() && starts_zero(*object, key) {
                        let mut value = mine.clone();
                        if value.join(&Value::null()) {
                            changes.push(((*object, key.clone()), value));
                        }
                    }
                }
            }
        }
        let changed = !changes.is_empty();
        for (cell, mut value) in changes {
            if widen && !matches!(cell.1, Key::Made | Key::Initialised) {
                value.widen();
            }
            self.0.insert(cell, value);
        }
        changed
    }

    /// Keeps only what can be reached from the roots.
    pub(super) fn collect(&mut self, roots: impl IntoIterator<Item = ObjId>) {
        let reached = self.reach_all(roots);
        let dead: Vec<(ObjId, Key)> = self
            .0
            .keys()
            .filter(|(object, _)| !reached.get(*object as usize).is_some_and(|seen| *seen))
            .cloned()
            .collect();
        for cell in dead {
            self.0.remove(&cell);
        }
    }

    /// As [`Heap::reach`], for a large part of the heap: by object number. One walk over all cells
    /// is cheaper than a look-up for each object.
    pub(super) fn reach_all(&self, roots: impl IntoIterator<Item = ObjId>) -> Vec<bool> {
        let mut starts: Vec<(ObjId, usize)> = Vec::new();
        let mut references: Vec<ObjId> = Vec::new();
        for ((object, _), value) in &self.0 {
            if starts.last().is_none_or(|(last, _)| last != object) {
                starts.push((*object, references.len()));
            }
            references.extend(value.objects());
        }
        let mut open: Vec<ObjId> = roots.into_iter().collect();
        let mut reached: Vec<bool> = Vec::new();
        while let Some(object) = open.pop() {
            let at = object as usize;
            if at >= reached.len() {
                reached.resize(at + 1, false);
            }
            if std::mem::replace(&mut reached[at], true) {
                continue;
            }
            if let Ok(row) = starts.binary_search_by_key(&object, |(object, _)| *object) {
                let from = starts[row].1;
                let to = starts.get(row + 1).map_or(references.len(), |(_, start)| *start);
                open.extend(&references[from..to]);
            }
        }
        reached
    }

    /// Whether any cell carries a source, and of which objects.
    pub(super) fn tainted_objects(&self) -> Vec<ObjId> {
        let mut objects: Vec<ObjId> = self
            .0
            .iter()
            .filter(|(_, value)| !value.taint.is_empty())
            .map(|((object, _), _)| *object)
            .collect();
        objects.dedup();
        objects
    }

    /// The roots and every object that their cells lead to.
    pub(super) fn reach(
        &self,
        roots: impl IntoIterator<Item = ObjId>,
    ) -> std::collections::HashSet<ObjId> {
        let mut reached = std::collections::HashSet::new();
        let mut open: Vec<ObjId> = roots.into_iter().collect();
        while let Some(object) = open.pop() {
            if reached.insert(object) {
                open.extend(self.cells(object).flat_map(|(_, value)| value.objects()));
            }
        }
        reached
    }

    /// As [`Heap::deep_taint`], without going into the objects that `closed` names: an activity
    /// that is handed over as a context does not hand over its fields.
    pub(super) fn taint_within(&self, value: &Value, closed: &dyn Fn(ObjId) -> bool) -> Taint {
        let mut taint = value.taint.clone();
        let mut seen = std::collections::HashSet::new();
        let mut open: Vec<ObjId> = value.objects().collect();
        while let Some(object) = open.pop() {
            if closed(object) || !seen.insert(object) {
                continue;
            }
            for (_, cell) in self.cells(object) {
                taint.add(&cell.taint);
                open.extend(cell.objects());
            }
        }
        taint
    }

    /// Sources of a value and of everything in reach of it.
    pub(super) fn deep_taint(&self, value: &Value) -> Taint {
        self.taint_within(value, &|_| false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(pc: u32) -> Step {
        Step { method: 0, pc, what: StepKind::Source }
    }

    #[test]
    fn join_of_values() {
        let mut value = Value::int(1);
        assert!(value.join(&Value::int(2)));
        assert!(!value.join(&Value::int(1)));
        assert_eq!(value.atoms(), [Atom::Int(1), Atom::Int(2)]);
        for number in 3..20 {
            value.join(&Value::int(number));
        }
        assert!(value.open && value.atoms().len() <= CONSTANTS_MAX);
    }

    #[test]
    fn a_cell_written_on_one_path_may_be_zero() {
        let mut a = Heap::default();
        a.set(1, Key::Made, Value::int(1));
        let mut b = a.clone();
        b.set(1, Key::Field(7), Value::int(5));
        assert!(a.join(&b, &|_, _| true, false));
        assert_eq!(a.get(1, &Key::Field(7)).unwrap().atoms(), [Atom::Int(0), Atom::Int(5)]);
        assert!(!a.join(&b, &|_, _| true, false));
    }

    #[test]
    fn taint_is_found_behind_references() {
        let mut heap = Heap::default();
        heap.set(1, Key::Field(0), Value::object(2));
        heap.set(2, Key::Elements, Value::tainted(Taint::source(9, step(1))));
        heap.set(3, Key::Content, Value::tainted(Taint::source(8, step(2))));
        let found: Vec<u32> =
            heap.deep_taint(&Value::object(1)).sources().map(|(source, _)| source).collect();
        assert_eq!(found, [9]);
        heap.collect([1]);
        assert_eq!(heap.len(), 2);
    }
}
