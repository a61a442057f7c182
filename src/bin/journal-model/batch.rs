//! The pieces of several texts as one list without filling: nothing is computed for what is not there.

use tch::{Kind, TchError, Tensor};

/// The number of pieces is filled up to a multiple of this, by a text nobody asked for. The products keep
/// something prepared, of about a megabyte, for each number of rows they have met.
const ROWS: usize = 16;

/// How the positions of pieces are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    /// From zero.
    FromStart,
    /// From behind the position of the padding piece. A padding piece inside a text gets the padding's
    /// position, as in the reference.
    Behind(i64),
}

/// Neighbouring texts of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    /// The first piece.
    pub(crate) start: i64,
    pub(crate) texts: i64,
    /// Pieces of each text.
    pub(crate) length: i64,
}

/// The pieces of several texts, shortest first.
pub(crate) struct Batch {
    pub(crate) pieces: Tensor,
    pub(crate) places: Tensor,
    /// All pieces in groups, the last of which may be the filling.
    pub(crate) groups: Vec<Group>,
    /// Which text comes at each place.
    order: Vec<usize>,
}

impl Batch {
    /// A batch of these texts, each of one piece or more.
    pub(crate) fn new(texts: &[Vec<i64>], counted: Places) -> Result<Self, TchError> {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&text| texts[text].len());
        let mut pieces: Vec<i64> = order.iter().flat_map(|&text| &texts[text]).copied().collect();
        let mut places: Vec<i64> = order.iter().flat_map(|&text| places(&texts[text], counted)).collect();
        let mut groups: Vec<Group> = Vec::new();
        let mut start = 0;
        for length in order.iter().map(|&text| texts[text].len() as i64) {
            match groups.last_mut() {
                Some(group) if group.length == length => group.texts += 1,
                _ => groups.push(Group { start, texts: 1, length }),
            }
            start += length;
        }
        let filling = pieces.len().next_multiple_of(ROWS) - pieces.len();
        if filling > 0 {
            groups.push(Group { start, texts: 1, length: filling as i64 });
            pieces.resize(pieces.len() + filling, 0);
            places.resize(pieces.len(), 0);
        }
        Ok(Batch { pieces: Tensor::f_from_slice(&pieces)?, places: Tensor::f_from_slice(&places)?, groups, order })
    }

    /// The mean of each text's rows, shortest text first.
    pub(crate) fn means(&self, rows: &Tensor) -> Result<Tensor, TchError> {
        let mut means = Vec::with_capacity(self.groups.len());
        for group in self.asked() {
            let size = rows.size()[1];
            let rows = rows.f_narrow(0, group.start, group.texts * group.length)?;
            let rows = rows.f_view([group.texts, group.length, size])?;
            means.push(rows.f_mean_dim([1_i64].as_slice(), false, Kind::Float)?);
        }
        Tensor::f_cat(&means, 0)
    }

    /// The first row of each text, shortest text first.
    pub(crate) fn firsts(&self, rows: &Tensor) -> Result<Tensor, TchError> {
        let starts = self.asked().flat_map(|group| (0..group.texts).map(move |text| group.start + text * group.length));
        rows.f_index_select(0, &Tensor::f_from_slice(&starts.collect::<Vec<i64>>())?)
    }

    /// Rows that were computed shortest text first, in the order the texts were given.
    pub(crate) fn in_order(&self, rows: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        let mut ordered = vec![Vec::new(); rows.len()];
        for (&text, row) in self.order.iter().zip(rows) {
            ordered[text] = row;
        }
        ordered
    }

    /// The groups without the filling.
    fn asked(&self) -> impl Iterator<Item = Group> {
        let mut left = self.order.len() as i64;
        self.groups.iter().copied().take_while(move |group| {
            let asked = left > 0;
            left -= group.texts;
            asked
        })
    }
}

fn places(text: &[i64], counted: Places) -> Vec<i64> {
    match counted {
        Places::FromStart => (0..text.len() as i64).collect(),
        Places::Behind(padding) => {
            let mut last = padding;
            let place = |&piece: &i64| {
                if piece == padding {
                    return padding;
                }
                last += 1;
                last
            };
            text.iter().map(place).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(tensor: &Tensor) -> Vec<i64> {
        Vec::try_from(tensor).unwrap_or_default()
    }

    #[test]
    fn texts_of_one_length_stand_together_and_come_back_in_their_order() {
        let texts = [vec![5, 6, 7], vec![8, 9], vec![4, 4, 4], vec![1; 13]];
        let batch = Batch::new(&texts, Places::FromStart).unwrap_or_else(|error| panic!("{error}"));
        let group = |start, texts, length| Group { start, texts, length };
        assert_eq!(batch.groups, [group(0, 1, 2), group(2, 2, 3), group(8, 1, 13), group(21, 1, 11)]);
        assert_eq!(numbers(&batch.pieces)[..8], [8, 9, 5, 6, 7, 4, 4, 4]);
        assert_eq!(numbers(&batch.places)[..9], [0, 1, 0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(batch.pieces.size(), [32]);

        let rows = batch.pieces.to_kind(Kind::Float).unsqueeze(1);
        let firsts: Vec<Vec<f32>> = batch.firsts(&rows).and_then(Vec::try_from).unwrap_or_default();
        assert_eq!(batch.in_order(firsts), [[5.0], [8.0], [4.0], [1.0]]);
        let means: Vec<Vec<f32>> = batch.means(&rows).and_then(Vec::try_from).unwrap_or_default();
        assert_eq!(batch.in_order(means), [[6.0], [8.5], [4.0], [1.0]]);
    }

    #[test]
    fn positions_are_counted_as_the_reference_does() {
        assert_eq!(places(&[0, 7, 1, 9], Places::Behind(1)), [2, 3, 1, 4]);
        assert_eq!(places(&[0, 7, 1, 9], Places::FromStart), [0, 1, 2, 3]);
    }

    #[test]
    fn a_number_of_pieces_that_needs_no_filling_gets_none() {
        let batch = Batch::new(&[vec![3; 16]], Places::FromStart).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(batch.groups.len(), 1);
    }
}
