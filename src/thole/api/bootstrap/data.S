// The bootstrap objects as read-only data, one JSON text a line.
    .section .rodata
    .globl thole_bootstrap_objects, thole_bootstrap_objects_end
thole_bootstrap_objects:
    .incbin "thole/api/bootstrap/objects.jsonl"
thole_bootstrap_objects_end:
    .globl thole_bootstrap_cluster, thole_bootstrap_cluster_end
thole_bootstrap_cluster:
    .incbin "thole/api/bootstrap/cluster.jsonl"
thole_bootstrap_cluster_end:
    .section .note.GNU-stack,"",%progbits
