"""A small synthetic hospital: lymph-node slides painted from a seed, in CAMELYON16's layout.

Read in this order: `hospital` (which slides), `outlines` and `tissue_plan` (where what lies),
`sprites` and `cells` (nuclei), `ground` (what lies between them), `artefacts`, `stain`,
`painting` (one slide's pixels), `writing` (files), `making` (all of it, in parallel).
Nothing here knows Django. No picture here comes from a patient.
"""
