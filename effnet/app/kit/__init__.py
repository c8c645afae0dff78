"""What all pages share: frame, state and link, controls, live figures, photos, tables, tabs."""
