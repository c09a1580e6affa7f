// What README's blocks take for granted: nothing.
