/** What the module says of itself to the cluster's software center. */
export interface Metadata {
  name: string;
  description: Record<string, string>;
  categories: string[];
  authors: { name: string; email?: string }[];
  docs: {
    documentation_url?: string;
    terms_url?: string;
    relnotes_url?: string;
    bug_url?: string;
    code_url?: string;
  };
  source: string;
}

export async function loadMetadata(): Promise<Metadata> {
  const response = await fetch("metadata.json");
  if (!response.ok) throw new Error(`metadata.json: ${response.status}`);
  return (await response.json()) as Metadata;
}

export function descriptionIn(metadata: Metadata, language: string): string {
  return metadata.description[language] ?? metadata.description.en ?? "";
}
