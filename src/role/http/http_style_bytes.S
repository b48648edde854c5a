/* The one style sheet, in the program. */
	.section .rodata
	.globl http_style_bytes, http_style_end
	.hidden http_style_bytes, http_style_end
	.type http_style_bytes, @object
http_style_bytes:
	.incbin "src/role/http/http_style.css"
http_style_end:
	.size http_style_bytes, . - http_style_bytes
	.section .note.GNU-stack, "", @progbits
