import { Navigate, Route, Routes, useParams } from 'react-router-dom';
import { BranchesView } from './BranchesView';
import { CommitsView } from './CommitsView';
import { CommitView } from './CommitView';
import { FilesView } from './FilesView';
import { PullsView } from './PullsView';
import { PullView } from './PullView';
import { RepositoriesPage } from './RepositoriesPage';
import { RepositoryPage } from './RepositoryPage';
import { TokensPage } from './TokensPage';

function OwnerRedirect() {
  const { owner = '' } = useParams();
  return <Navigate to={`../?owner=${encodeURIComponent(owner)}`} replace />;
}

/** Everything below `/git`. */
export function GitPages() {
  return (
    <Routes>
      <Route path="/" element={<RepositoriesPage />} />
      <Route path="/tokens" element={<TokensPage />} />
      <Route path="/:owner" element={<OwnerRedirect />} />
      <Route path="/:owner/:name" element={<RepositoryPage />}>
        <Route index element={<FilesView />} />
        <Route path="tree/*" element={<FilesView />} />
        <Route path="blob/*" element={<FilesView />} />
        <Route path="commits" element={<CommitsView />} />
        <Route path="commits/:commit" element={<CommitView />} />
        <Route path="branches" element={<BranchesView />} />
        <Route path="pulls" element={<PullsView />} />
        <Route path="pulls/:number" element={<PullView />} />
      </Route>
    </Routes>
  );
}
