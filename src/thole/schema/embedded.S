// The facts of the built-in kinds, and the prose where the build could make it.
    .section .rodata
    .globl thole_schema_facts, thole_schema_facts_end
thole_schema_facts:
    .incbin "thole/schema/data/builtin.txt"
thole_schema_facts_end:
    .globl thole_schema_prose, thole_schema_prose_end
thole_schema_prose:
    .incbin "schema-prose/prose.gz"
thole_schema_prose_end:
    .section .note.GNU-stack,"",%progbits
