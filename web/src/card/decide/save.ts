// Gives somebody a file that was made for them. What holds names stays no longer in the memory
// of the page than the browser needs to save it.

export function save(octets: ArrayBuffer, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([octets], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
