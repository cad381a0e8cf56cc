//! Content streams (ISO 32000-1, sections 8 and 9): pieces of text with their places, and the
//! straight lines that frame tables. Graphics beyond that are passed over.

use super::file::File;
use super::font::Font;
use super::object::{Dictionary, Lexer, Object};
use std::collections::HashMap;

/// Operators of one document.
const OPERATORS_MAX: usize = 1_500_000;
const OPERANDS_MAX: usize = 4_096;
const STATES_MAX: usize = 512;
const FORM_DEPTH_MAX: usize = 8;
/// Lines of one page.
const RULES_MAX: usize = 4_000;
/// A filled box thinner than this is a line.
const LINE_WIDTH_MAX: f64 = 3.0;
const LINE_LENGTH_MIN: f64 = 8.0;

/// A piece of text on a line.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) x: f64,
    pub(super) end: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) text: String,
    pub(super) bold: bool,
}

/// A horizontal or vertical line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) horizontal: bool,
    /// The constant coordinate.
    pub(super) at: f64,
    pub(super) from: f64,
    pub(super) to: f64,
}

#[derive(Debug, Default)]
pub(super) struct Drawn {
    pub(super) pieces: Vec<Piece>,
    pub(super) rules: Vec<Rule>,
    pub(super) pictures: usize,
    /// Glyphs whose character is not known.
    pub(super) unknown: usize,
}

type Matrix = [f64; 6];
const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

fn multiply(m: Matrix, n: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = m;
    let [g, h, i, j, k, l] = n;
    [
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + l,
    ]
}

fn apply(m: Matrix, x: f64, y: f64) -> (f64, f64) {
    let [a, b, c, d, e, f] = m;
    (a * x + c * y + e, b * x + d * y + f)
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Option<std::rc::Rc<Font>>,
    size: f64,
    character_space: f64,
    word_space: f64,
    scale: f64,
    leading: f64,
    rise: f64,
}

/// Interprets the contents of pages.
pub(super) struct Interpreter<'f, 'a> {
    file: &'f File<'a>,
    fonts: HashMap<usize, std::rc::Rc<Font>>,
    operators: usize,
}

struct Run {
    state: State,
    stack: Vec<State>,
    text: Matrix,
    line: Matrix,
    path: Vec<(f64, f64, f64, f64)>,
    at: (f64, f64),
    drawn: Drawn,
}

impl<'f, 'a> Interpreter<'f, 'a> {
    pub(super) fn new(file: &'f File<'a>) -> Self {
        Self { file, fonts: HashMap::new(), operators: 0 }
    }

    pub(super) fn page(&mut self, contents: &Object, resources: Option<&'f Dictionary>) -> Drawn {
        let mut data = Vec::new();
        match self.file.resolve(contents) {
            Object::Array(parts) => {
                for part in parts {
                    data.extend(self.file.data(part).unwrap_or_default());
                    data.push(b'\n');
                }
            }
            other => data = self.file.data(other).unwrap_or_default(),
        }
        let state = State {
            matrix: IDENTITY,
            font: None,
            size: 1.0,
            character_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        let mut run = Run {
            state,
            stack: Vec::new(),
            text: IDENTITY,
            line: IDENTITY,
            path: Vec::new(),
            at: (0.0, 0.0),
            drawn: Drawn::default(),
        };
        self.run(&data, resources, &mut run, 0);
        run.drawn
    }

    fn run(&mut self, data: &[u8], resources: Option<&'f Dictionary>, run: &mut Run, depth: usize) {
        let mut lexer = Lexer::new(data, 0);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(object) = lexer.object() {
            let Object::Word(operator) = &object else {
                if operands.len() < OPERANDS_MAX {
                    operands.push(object);
                }
                continue;
            };
            self.operators = self.operators.saturating_add(1);
            if self.operators > OPERATORS_MAX {
                self.file.limited.set(true);
                return;
            }
            match operator.as_str() {
                "Do" => self.form(&operands, resources, run, depth),
                "Tf" => self.font(&operands, resources, run),
                "BI" => {
                    skip_picture(&mut lexer);
                    run.drawn.pictures = run.drawn.pictures.saturating_add(1);
                }
                other => run.operator(other, &operands),
            }
            operands.clear();
        }
    }

    fn font(&mut self, operands: &[Object], resources: Option<&'f Dictionary>, run: &mut Run) {
        let [Object::Name(name), Object::Number(size)] = operands else { return };
        run.state.size = *size;
        let fonts = resources.and_then(|resources| self.file.get(resources, "Font").dictionary());
        let entries = fonts.and_then(|fonts| self.file.get(fonts, name).dictionary());
        run.state.font = entries.map(|entries| {
            // The file's objects do not move, so that their addresses name them.
            let key = std::ptr::from_ref(entries).addr();
            self.fonts
                .entry(key)
                .or_insert_with(|| std::rc::Rc::new(Font::read(self.file, entries)))
                .clone()
        });
    }

    fn form(
        &mut self,
        operands: &[Object],
        resources: Option<&'f Dictionary>,
        run: &mut Run,
        depth: usize,
    ) {
        let Some(name) = operands.first().and_then(Object::name) else { return };
        let forms =
            resources.and_then(|resources| self.file.get(resources, "XObject").dictionary());
        let Some(object) = forms.map(|forms| self.file.get(forms, name)) else { return };
        let Some(entries) = object.dictionary() else { return };
        if self.file.get(entries, "Subtype").name() != Some("Form") {
            run.drawn.pictures = run.drawn.pictures.saturating_add(1);
            return;
        }
        if depth >= FORM_DEPTH_MAX {
            self.file.limited.set(true);
            return;
        }
        let Some(data) = self.file.data(object) else { return };
        let own = self.file.get(entries, "Resources").dictionary().or(resources);
        let saved = run.state.clone();
        if let Some(matrix) =
            matrix_of(self.file.get(entries, "Matrix").array().unwrap_or_default())
        {
            run.state.matrix = multiply(matrix, run.state.matrix);
        }
        self.run(&data, own, run, depth.saturating_add(1));
        run.state = saved;
    }
}

fn matrix_of(items: &[Object]) -> Option<Matrix> {
    let mut matrix = IDENTITY;
    for (index, slot) in matrix.iter_mut().enumerate() {
        *slot = items.get(index)?.number()?;
    }
    Some(matrix)
}

/// Passes over the data of a picture inside a content stream: `BI ... ID data EI`.
fn skip_picture(lexer: &mut Lexer) {
    while let Some(object) = lexer.object() {
        if object == Object::Word("ID".to_owned()) {
            break;
        }
    }
    let rest = lexer.bytes.get(lexer.at..).unwrap_or_default();
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|rest| super::file::find(rest, b"EI")) {
        let end = at.saturating_add(found);
        let space = |at: usize| rest.get(at).is_none_or(u8::is_ascii_whitespace);
        at = end.saturating_add(2);
        if space(end.saturating_sub(1)) && space(at) {
            break;
        }
    }
    lexer.at = lexer.at.saturating_add(at.max(1));
}

impl Run {
    fn operator(&mut self, operator: &str, operands: &[Object]) {
        let number = |index: usize| operands.get(index).and_then(Object::number).unwrap_or(0.0);
        match operator {
            "q" if self.stack.len() < STATES_MAX => self.stack.push(self.state.clone()),
            "Q" => {
                if let Some(state) = self.stack.pop() {
                    self.state = state;
                }
            }
            "cm" => {
                if let Some(matrix) = matrix_of(operands) {
                    self.state.matrix = multiply(matrix, self.state.matrix);
                }
            }
            "BT" => {
                self.text = IDENTITY;
                self.line = IDENTITY;
            }
            "Td" => self.next_line(number(0), number(1)),
            "TD" => {
                self.state.leading = -number(1);
                self.next_line(number(0), number(1));
            }
            "Tm" => {
                if let Some(matrix) = matrix_of(operands) {
                    self.text = matrix;
                    self.line = matrix;
                }
            }
            "T*" => self.next_line(0.0, -self.state.leading),
            "Tc" => self.state.character_space = number(0),
            "Tw" => self.state.word_space = number(0),
            "Tz" => self.state.scale = number(0) / 100.0,
            "TL" => self.state.leading = number(0),
            "Ts" => self.state.rise = number(0),
            "Tj" => self.show(operands.first()),
            "'" => {
                self.next_line(0.0, -self.state.leading);
                self.show(operands.first());
            }
            "\"" => {
                self.state.word_space = number(0);
                self.state.character_space = number(1);
                self.next_line(0.0, -self.state.leading);
                self.show(operands.get(2));
            }
            "TJ" => {
                for item in operands.first().and_then(Object::array).unwrap_or_default() {
                    match item {
                        Object::Number(shift) => {
                            self.advance(-shift / 1000.0 * self.state.size * self.state.scale)
                        }
                        other => self.show(Some(other)),
                    }
                }
            }
            "m" => self.at = (number(0), number(1)),
            "l" => {
                let (x, y) = self.at;
                self.segment(x, y, number(0), number(1));
                self.at = (number(0), number(1));
            }
            "re" => {
                self.segment(number(0), number(1), number(0) + number(2), number(1) + number(3))
            }
            "S" | "s" | "B" | "B*" | "b" | "b*" => self.paint(true),
            "f" | "F" | "f*" => self.paint(false),
            "n" => self.path.clear(),
            _ => {}
        }
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line = multiply([1.0, 0.0, 0.0, 1.0, x, y], self.line);
        self.text = self.line;
    }

    fn advance(&mut self, x: f64) {
        self.text = multiply([1.0, 0.0, 0.0, 1.0, x, 0.0], self.text);
    }

    fn show(&mut self, string: Option<&Object>) {
        let (Some(Object::Text(string)), Some(font)) = (string, self.state.font.clone()) else {
            return;
        };
        let matrix = multiply(self.text, self.state.matrix);
        let (x, y) = apply(matrix, 0.0, self.state.rise);
        let [_, _, c, d, ..] = matrix;
        let size = self.state.size * c.hypot(d);
        let mut text = String::new();
        for glyph in font.glyphs(string) {
            match &glyph.text {
                Some(known) => text.push_str(known),
                None => self.drawn.unknown = self.drawn.unknown.saturating_add(1),
            }
            let space = if glyph.space { self.state.word_space } else { 0.0 };
            let width = glyph.width / 1000.0 * self.state.size + self.state.character_space + space;
            self.advance(width * self.state.scale);
        }
        let (end, _) = apply(multiply(self.text, self.state.matrix), 0.0, self.state.rise);
        if !text.is_empty() && x.is_finite() && y.is_finite() && end.is_finite() && size.is_finite()
        {
            self.drawn.pieces.push(Piece {
                x,
                end: end.max(x),
                y,
                size: size.abs().max(0.1),
                text,
                bold: font.bold,
            });
        }
    }

    fn segment(&mut self, x0: f64, y0: f64, x1: f64, y1: f64) {
        if self.path.len() < 10_000 {
            let (a, b) = apply(self.state.matrix, x0, y0);
            let (c, d) = apply(self.state.matrix, x1, y1);
            self.path.push((a.min(c), b.min(d), a.max(c), b.max(d)));
        }
    }

    /// Keeps what looks like a line: strokes of thin boxes and lines, and all four sides of
    /// stroked boxes.
    fn paint(&mut self, stroked: bool) {
        for (x0, y0, x1, y1) in std::mem::take(&mut self.path) {
            if self.drawn.rules.len() >= RULES_MAX {
                return;
            }
            let (width, height) = (x1 - x0, y1 - y0);
            let mut horizontal =
                |y: f64| self.drawn.rules.push(Rule { horizontal: true, at: y, from: x0, to: x1 });
            if height <= LINE_WIDTH_MAX && width >= LINE_LENGTH_MIN {
                horizontal(f64::midpoint(y0, y1));
            } else if width <= LINE_WIDTH_MAX && height >= LINE_LENGTH_MIN {
                self.drawn.rules.push(Rule {
                    horizontal: false,
                    at: f64::midpoint(x0, x1),
                    from: y0,
                    to: y1,
                });
            } else if stroked && width >= LINE_LENGTH_MIN && height >= LINE_LENGTH_MIN {
                horizontal(y0);
                horizontal(y1);
                self.drawn.rules.push(Rule { horizontal: false, at: x0, from: y0, to: y1 });
                self.drawn.rules.push(Rule { horizontal: false, at: x1, from: y0, to: y1 });
            }
        }
    }
}
