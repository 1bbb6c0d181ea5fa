"""Files of every dialect and accident: the cases, our answer to each, and what others make of them."""
