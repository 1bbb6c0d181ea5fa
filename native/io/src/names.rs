//! The nearest known name to a mistyped one.

/// The candidate that `name` was most likely meant to be, or `None` when nothing is close: at most a third of the
/// letters may differ (and one always may), letter case aside.
pub fn nearest<'a, I>(name: &str, candidates: I) -> Option<&'a str>
where
    I: IntoIterator<Item = &'a str>,
{
    // The comparison costs len x len; a hostile header may hold names of megabytes, and nobody mistypes those.
    const LONGEST: usize = 200;
    let wanted = name.trim().to_lowercase();
    let allowed = (wanted.chars().count() / 3).max(1);
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .filter(|candidate| !candidate.is_empty() && candidate.len() <= LONGEST)
        .map(|candidate| (strsim::osa_distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= allowed && distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean "x"?` for the nearest candidate.
pub(crate) fn did_you_mean<'a, I>(name: &str, candidates: I) -> Option<String>
where
    I: IntoIterator<Item = &'a str>,
{
    nearest(name, candidates).map(|candidate| format!("did you mean \"{}\"?", crate::error::shown(candidate)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_letter_is_recognised() {
        assert_eq!(nearest("spieces", ["species", "island"]), Some("species"));
    }

    #[test]
    fn letter_case_does_not_count() {
        assert_eq!(nearest("Sepal_Length", ["sepal_length", "sepal_width"]), Some("sepal_length"));
    }

    #[test]
    fn a_far_name_suggests_nothing() {
        assert_eq!(nearest("age", ["bill_length", "island"]), None);
        assert_eq!(nearest("", ["a"]), None);
        assert_eq!(nearest("a", ["b"]), None);
    }
}
