/* The filter of the list that comes with the program, as tools/breached-starter makes it. */
	.section .rodata
	.balign 8
	.globl breached_starter_bytes, breached_starter_end
	.hidden breached_starter_bytes, breached_starter_end
	.type breached_starter_bytes, @object
breached_starter_bytes:
	.incbin "src/proto/password/password_breached_starter.filter"
breached_starter_end:
	.size breached_starter_bytes, . - breached_starter_bytes
	.section .note.GNU-stack, "", @progbits
