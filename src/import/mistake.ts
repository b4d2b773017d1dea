/** What in an old file cannot be meant. Never has a word of the file in it but its keywords, for any other may be a password. */
export type Mistake = { readonly line: number; readonly message: string }
